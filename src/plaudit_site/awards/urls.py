from django.urls import path

from plaudit_site.awards import claim_views, console_views, views

urlpatterns = [
    path("claim/<str:token>", claim_views.claim, name="claim"),
    path("claim/<str:token>/code", claim_views.claim_code, name="claim_code"),
    path("claim/<str:token>/address", claim_views.claim_address, name="claim_address"),
    path("claim/<str:token>/decline", claim_views.claim_decline, name="claim_decline"),
    path("claim/<str:token>/see", claim_views.claim_see, name="claim_see"),
    path("claim/<str:token>/report", claim_views.claim_report, name="claim_report"),
    path("u/<str:token>", claim_views.unsubscribe, name="unsubscribe"),
    path("badges", views.earned, name="earned"),
    path("badges/waiting", views.waiting, name="waiting"),
    path("badges/hidden", views.hidden, name="hidden"),
    path("badges/<id:public_id>/accept", views.accept, name="accept"),
    path("badges/<id:public_id>/decline", views.decline, name="decline"),
    path("badges/<id:public_id>/undo-decline", views.undo_decline, name="undo_decline"),
    path("badges/<id:public_id>/manage", views.manage, name="manage"),
    path("badges/<id:public_id>/visibility", views.set_visibility, name="set_visibility"),
    path("badges/<id:public_id>/trust", views.set_trust, name="set_trust"),
    path("badges/<id:public_id>/hide", views.hide, name="hide"),
    path("badges/<id:public_id>/remove", views.remove, name="remove"),
    path("badges/<id:public_id>/take-back", views.take_back, name="take_back"),
    path("badges/<id:public_id>/report", views.report, name="report"),
    path("manage/<slug:slug>/", console_views.awards, name="issuer"),
    path("manage/<slug:slug>/awards", console_views.awards, name="awards"),
    path("manage/<slug:slug>/awards/new", console_views.new, name="award_new"),
    path("manage/<slug:slug>/awards/<id:public_id>", console_views.award, name="award"),
    path(
        "manage/<slug:slug>/awards/<id:public_id>/send-again",
        console_views.send_again,
        name="award_send_again",
    ),
    path("manage/<slug:slug>/awards/<id:public_id>/correct", console_views.correct, name="award_correct"),
    path("manage/<slug:slug>/awards/<id:public_id>/withdraw", console_views.withdraw, name="award_withdraw"),
    path("manage/<slug:slug>/awards/<id:public_id>/revoke", console_views.revoke, name="award_revoke"),
]
