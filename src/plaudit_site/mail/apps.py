from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "plaudit_site.mail"
    label = "mail"
