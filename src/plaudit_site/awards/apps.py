from django.apps import AppConfig


class AwardsConfig(AppConfig):
    name = "plaudit_site.awards"
    label = "awards"

    def ready(self) -> None:
        from plaudit_site.accounts import proving
        from plaudit_site.awards import claiming, mails, reapplying, reminding, resuming, welcoming
        from plaudit_site.issuers import founding

        mails.register_all()
        reminding.register_all()
        reapplying.register_all()
        if resuming.go_on not in founding.after_approval:
            founding.after_approval.append(resuming.go_on)
        for follow in (welcoming.give_quietly, claiming.accept_waiting_of_trusted):
            if follow not in proving.after_address_proved:
                proving.after_address_proved.append(follow)
