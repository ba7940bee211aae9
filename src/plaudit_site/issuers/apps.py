from django.apps import AppConfig


class IssuersConfig(AppConfig):
    name = "plaudit_site.issuers"
    label = "issuers"

    def ready(self) -> None:
        from plaudit_site.issuers import mails

        mails.register_all()
