from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "plaudit_site.demo"
    label = "demo"

    def ready(self) -> None:
        from plaudit_site.demo import checks  # noqa: F401 - registers itself
