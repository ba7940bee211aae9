from django.apps import AppConfig


class ShowingConfig(AppConfig):
    name = "plaudit_site.showing"
