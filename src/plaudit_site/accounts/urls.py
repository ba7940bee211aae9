from django.urls import path

from plaudit_site.accounts import views

urlpatterns = [
    path("account/confirm", views.confirm, name="confirm"),
    path("account/agree", views.agree, name="agree"),
    path("account/passkey-later", views.close_passkey_offer, name="passkey_later"),
]
