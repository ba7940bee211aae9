from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "plaudit_site.public"

    def ready(self) -> None:
        from plaudit_site.ids import register_paths

        register_paths()
