from django.urls import path

from plaudit_site.backpack import views

urlpatterns = [
    path("badges/add", views.add, name="import_add"),
    path("badges/add/<id:public_id>", views.run, name="import_run"),
    path("badges/imported/<id:public_id>/manage", views.manage, name="imported_manage"),
    path("badges/imported/<id:public_id>/visibility", views.set_visibility, name="imported_visibility"),
    path("badges/imported/<id:public_id>/hide", views.hide, name="imported_hide"),
    path("badges/imported/<id:public_id>/remove", views.remove, name="imported_remove"),
    path("badges/imported/<id:public_id>/take-back", views.take_back, name="imported_take_back"),
    path("badges/imported/<id:public_id>/check", views.check_again, name="imported_check"),
    path("badges/imported/<id:public_id>/picture.png", views.picture, name="imported_picture"),
    path("badges/imported/<id:public_id>/file", views.file, name="imported_file"),
]
