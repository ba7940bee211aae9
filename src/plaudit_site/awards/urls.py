from django.urls import path

from plaudit_site.awards import (
    batch_views,
    claim_views,
    console_views,
    limited_views,
    list_views,
    register_views,
    views,
    wording_views,
)

urlpatterns = [
    path("claim/<str:token>", claim_views.claim, name="claim"),
    path("claim/<str:token>/code", claim_views.claim_code, name="claim_code"),
    path("claim/<str:token>/address", claim_views.claim_address, name="claim_address"),
    path("claim/<str:token>/decline", claim_views.claim_decline, name="claim_decline"),
    path("claim/<str:token>/opened", claim_views.claim_opened, name="claim_opened"),
    path("claim/<str:token>/see", claim_views.claim_see, name="claim_see"),
    path("claim/<str:token>/report", claim_views.claim_report, name="claim_report"),
    path("u/<str:token>", claim_views.unsubscribe, name="unsubscribe"),
    path("badges/<id:public_id>/accept", views.accept, name="accept"),
    path("badges/<id:public_id>/decline", views.decline, name="decline"),
    path("badges/<id:public_id>/undo-decline", views.undo_decline, name="undo_decline"),
    path("badges/<id:public_id>/manage", views.manage, name="manage"),
    path("badges/<id:public_id>/mastodon", views.share_mastodon, name="share_mastodon"),
    path("badges/<id:public_id>/limited", limited_views.links, name="limited_links"),
    path("badges/<id:public_id>/limited/end", limited_views.end, name="limited_end"),
    path("badges/<id:public_id>/visibility", views.set_visibility, name="set_visibility"),
    path("badges/<id:public_id>/trust", views.set_trust, name="set_trust"),
    path("badges/<id:public_id>/hide", views.hide, name="hide"),
    path("badges/<id:public_id>/remove", views.remove, name="remove"),
    path("badges/<id:public_id>/take-back", views.take_back, name="take_back"),
    path("badges/<id:public_id>/report", views.report, name="report"),
    path("manage/<slug:slug>/", list_views.awards, name="issuer"),
    path("manage/<slug:slug>/wording", wording_views.words, name="issuer_wording"),
    path("manage/<slug:slug>/awards", list_views.awards, name="awards"),
    path("manage/<slug:slug>/awards.csv", list_views.export, name="awards_export"),
    path("manage/<slug:slug>/awards/send-many", list_views.send_many_again, name="awards_send_many"),
    path("manage/<slug:slug>/awards/take-back", list_views.take_many_back, name="awards_take_back"),
    path("manage/<slug:slug>/awards/correct-many", list_views.correct_many, name="awards_correct_many"),
    path(
        "manage/<slug:slug>/changes/<id:public_id>/begin", list_views.change_begin, name="awards_change_begin"
    ),
    path("manage/<slug:slug>/changes/<id:public_id>", list_views.change, name="awards_change"),
    path("manage/<slug:slug>/changes/<id:public_id>/stop", list_views.change_stop, name="awards_change_stop"),
    path("manage/<slug:slug>/awards/new", console_views.new, name="award_new"),
    path("manage/<slug:slug>/register", register_views.register, name="register"),
    path("manage/<slug:slug>/register/list", register_views.register_list, name="register_list"),
    path("manage/<slug:slug>/register.csv", register_views.register_export, name="register_export"),
    path("manage/<slug:slug>/register/<int:pk>", register_views.person, name="register_person"),
    path(
        "manage/<slug:slug>/register/<int:pk>/remove",
        register_views.person_remove,
        name="register_person_remove",
    ),
    path("manage/<slug:slug>/batches", batch_views.batches, name="batches"),
    path("manage/<slug:slug>/batches/new", batch_views.batch_new, name="batch_new"),
    path("manage/<slug:slug>/batches/sample.csv", batch_views.batch_sample, name="batch_sample"),
    path(
        "manage/<slug:slug>/batches/sample.xlsx",
        batch_views.batch_sample,
        {"kind": "xlsx"},
        name="batch_sample_xlsx",
    ),
    path("manage/<slug:slug>/batches/<id:public_id>", batch_views.batch, name="batch"),
    path(
        "manage/<slug:slug>/batches/<id:public_id>/columns", batch_views.batch_columns, name="batch_columns"
    ),
    path("manage/<slug:slug>/batches/<id:public_id>/start", batch_views.batch_start, name="batch_start"),
    path("manage/<slug:slug>/batches/<id:public_id>/stop", batch_views.batch_stop, name="batch_stop"),
    path(
        "manage/<slug:slug>/batches/<id:public_id>/discard", batch_views.batch_discard, name="batch_discard"
    ),
    path("manage/<slug:slug>/batches/<id:public_id>/undo", batch_views.batch_undo, name="batch_undo"),
    path("manage/<slug:slug>/batches/<id:public_id>/rest.csv", batch_views.batch_rest, name="batch_rest"),
    path(
        "manage/<slug:slug>/batches/<id:public_id>/lines/<int:line>", batch_views.batch_row, name="batch_row"
    ),
    path(
        "manage/<slug:slug>/batches/<id:public_id>/lines/<int:line>/correct",
        batch_views.batch_correct,
        name="batch_correct",
    ),
    path(
        "manage/<slug:slug>/batches/<id:public_id>/lines/<int:line>/leave-out",
        batch_views.batch_leave_out,
        name="batch_leave_out",
    ),
    path(
        "manage/<slug:slug>/batches/<id:public_id>/leave-out-bad",
        batch_views.batch_leave_out_bad,
        name="batch_leave_out_bad",
    ),
    path("manage/<slug:slug>/awards/send-again", console_views.send_all_again, name="awards_send_again"),
    path("manage/<slug:slug>/awards/<id:public_id>", console_views.award, name="award"),
    path(
        "manage/<slug:slug>/awards/<id:public_id>/send-again",
        console_views.send_again,
        name="award_send_again",
    ),
    path("manage/<slug:slug>/awards/<id:public_id>/correct", console_views.correct, name="award_correct"),
    path("manage/<slug:slug>/awards/<id:public_id>/withdraw", console_views.withdraw, name="award_withdraw"),
    path(
        "manage/<slug:slug>/awards/<id:public_id>/try-again", console_views.try_again, name="award_try_again"
    ),
    path("manage/<slug:slug>/suspension", console_views.suspension, name="issuer_suspension"),
    path("manage/<slug:slug>/awards/<id:public_id>/suspend", console_views.suspend, name="award_suspend"),
    path(
        "manage/<slug:slug>/awards/<id:public_id>/reinstate", console_views.reinstate, name="award_reinstate"
    ),
    path("manage/<slug:slug>/awards/<id:public_id>/revoke", console_views.revoke, name="award_revoke"),
]
