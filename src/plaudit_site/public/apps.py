from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "plaudit_site.public"
