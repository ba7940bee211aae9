from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "plaudit_site.api"
    label = "api"

    def ready(self) -> None:
        from plaudit_site.api import repeating, tokens
        from plaudit_site.api.hooks import mails, making
        from plaudit_site.audit import journal
        from plaudit_site.belongings import erasing

        journal.keep("token revoked", tokens.revoke_again)
        journal.keep("webhook removed", making.remove_again)
        mails.register_all()
        if repeating.forget_addresses not in erasing.also:
            erasing.also.append(repeating.forget_addresses)
