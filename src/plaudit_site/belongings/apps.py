from django.apps import AppConfig


class BelongingsConfig(AppConfig):
    name = "plaudit_site.belongings"
    label = "belongings"

    def ready(self) -> None:
        from plaudit_site.belongings import arriving, erasing

        arriving.register_all()
        erasing.register_all()
