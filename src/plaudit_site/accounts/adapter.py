"""Where django-allauth meets our house: addresses in their one form, mails as rows, proofs through `proving`."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa import signals as _mfa_signals  # noqa: F401 - loaded so that its models are ready
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest  # noqa: TID251 - the adapter is allauth's door to HTTP
from django.template.loader import render_to_string
from django.utils import timezone

from plaudit_site.accounts import agreeing, arriving, proving
from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.accounts.guards import mark_fresh
from plaudit_site.accounts.models import User
from plaudit_site.ids import new_id
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue

CODE_MAILS = {
    "account/email/login_code": "sign_in",
    "account/email/email_confirmation": "confirm_address",
    "account/email/email_confirmation_signup": "confirm_address",
    "account/email/password_reset_code": "reset_password",
}


def _at_home(url: str) -> str:
    """The same path at our configured address: a mail never repeats the Host that a request named (B17)."""
    parts = urlsplit(url)
    return f"{settings.BASE_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def clean_email(self, email: str) -> str:
        try:
            return address_form(email)
        except AddressRefused as error:
            raise ValidationError(str(error)) from error

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        purpose = CODE_MAILS.get(template_prefix)
        if purpose:
            queue(
                "code",
                new_id(),
                lane=Lane.CODES,
                context={"code": str(context["code"]), "address": email, "purpose": purpose},
            )
            return
        urls = {k: _at_home(v) for k, v in context.items() if k.endswith("_url") and isinstance(v, str)}
        words = {
            **context,
            **urls,
            "email": email,
            "current_site": {"name": settings.SITE_NAME, "domain": settings.SITE_HOST},
            "ip": "",
            "timestamp": timezone.now(),
        }
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", words).split())
        text = render_to_string(f"{template_prefix}_message.txt", words).strip()
        queue(
            "account_text",
            new_id(),
            lane=Lane.CODES,
            context={"notice_subject": subject, "notice_text": text, "address": email},
        )

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Somebody signs up, under the terms that are in force."""
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if saved.pk:
                agreeing.agree(saved)
        return saved

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """A code proved the address; what follows from that happens in the same transaction."""
        with transaction.atomic():
            confirmed = bool(super().confirm_email(request, email_address))
            if confirmed:
                user = User.objects.get(pk=email_address.user_id)
                proving.prove(user, email_address.email, how="code")
        return confirmed

    def login(self, request: HttpRequest, user: User) -> None:
        """Also after a sign-in code that proved an address which was not proven before: the library notes that by
        itself, and what must follow follows here. For addresses proven long ago it does nothing again."""
        for row in EmailAddress.objects.filter(user=user, verified=True):
            proving.prove(user, row.email, how="sign-in code")
        super().login(request, user)
        mark_fresh(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return arriving.landing(cast(User, request.user))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Rate limits count by the address that the trusted proxy reports last."""
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.SECURE else ""
        return forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))
