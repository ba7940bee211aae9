from django.urls import path

from plaudit_site.achievements import views

urlpatterns = [
    path("manage/<slug:slug>/badges", views.badges, name="badges"),
    path("manage/<slug:slug>/badges/new", views.new, name="badge_new"),
    path("manage/<slug:slug>/badges/<id:public_id>", views.badge, name="badge"),
    path("manage/<slug:slug>/badges/<id:public_id>/edit", views.edit, name="badge_edit"),
    path("manage/<slug:slug>/badges/<id:public_id>/translate", views.translate, name="badge_translate"),
    path("manage/<slug:slug>/badges/<id:public_id>/publish", views.publish, name="badge_publish"),
    path("manage/<slug:slug>/badges/<id:public_id>/archive", views.archive, name="badge_archive"),
]
