from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "plaudit_site.audit"
    label = "audit"
