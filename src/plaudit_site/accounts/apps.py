from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "plaudit_site.accounts"
    label = "accounts"
    verbose_name = _("Terms and privacy")

    def ready(self) -> None:
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from plaudit_site.accounts import mails

        mails.register_all()
        # The operator signs in as everybody does: with our limits on guesses, passkeys and codes.
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
        admin.site.site_title = "Plaudit"
        admin.site.site_header = _("Plaudit: the operator’s console")
        admin.site.index_title = _("What this site keeps")
