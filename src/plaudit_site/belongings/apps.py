from django.apps import AppConfig


class BelongingsConfig(AppConfig):
    name = "plaudit_site.belongings"
    label = "belongings"
