from django.urls import path

from plaudit_site.belongings import views

urlpatterns = [
    path("account", views.account_settings, name="account_settings"),
    path("account/addresses", views.addresses, name="addresses"),
    path("account/addresses/add", views.address_add, name="address_add"),
    path("account/addresses/code", views.address_code, name="address_code"),
    path("account/addresses/<int:pk>/primary", views.address_primary, name="address_primary"),
    path("account/addresses/<int:pk>/remove", views.address_remove, name="address_remove"),
    # The account library's own page of addresses does the same without our proofs: ours stands before it.
    path("accounts/email/", views.addresses),
    path("account/trusted", views.trusted, name="trusted"),
    path("account/trusted/<id:public_id>", views.set_trusted, name="set_trusted"),
    path("account/undo/<str:secret>", views.undo_claim, name="undo_claim"),
]
