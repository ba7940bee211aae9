from django.apps import AppConfig


class BackpackConfig(AppConfig):
    name = "plaudit_site.backpack"
    label = "backpack"

    def ready(self) -> None:
        from plaudit_site.accounts import proving
        from plaudit_site.backpack import importing

        if importing.take_in_waiting not in proving.after_address_proved:
            proving.after_address_proved.append(importing.take_in_waiting)
