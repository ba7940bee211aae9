from django.apps import AppConfig


class AchievementsConfig(AppConfig):
    name = "plaudit_site.achievements"
    label = "achievements"
