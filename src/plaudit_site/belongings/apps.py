from django.apps import AppConfig


class BelongingsConfig(AppConfig):
    name = "plaudit_site.belongings"
    label = "belongings"

    def ready(self) -> None:
        from plaudit_site.belongings import erasing

        erasing.register_all()
