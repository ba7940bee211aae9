from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "plaudit_site.accounts"
    label = "accounts"

    def ready(self) -> None:
        from plaudit_site.accounts import mails

        mails.register_all()
