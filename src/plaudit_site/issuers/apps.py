from django.apps import AppConfig


class IssuersConfig(AppConfig):
    name = "plaudit_site.issuers"
    label = "issuers"

    def ready(self) -> None:
        from plaudit_site.issuers import mails, reapplying

        mails.register_all()
        reapplying.register_all()
