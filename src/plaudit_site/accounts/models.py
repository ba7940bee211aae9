"""People. Their addresses are django-allauth's EmailAddress rows; the first verified one is the primary."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from plaudit_site.accounts.addresses import address_form
from plaudit_site.ids import new_id


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Made at the server's own shell, by somebody who may do everything there: the address counts as proven.

        (An account whose address is proven for nobody falls when somebody else proves that address.)
        """
        from allauth.account.models import EmailAddress

        form = address_form(email)
        with transaction.atomic():
            user = self.create_user(form, password, is_staff=True, is_superuser=True, **fields)
            EmailAddress.objects.create(user=user, email=form, verified=True, primary=True)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    # The primary address, kept equal to allauth's by its adapter; EmailAddress is the truth.
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    language = models.CharField(max_length=12, default="en")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    passkey_offer_closed = models.BooleanField(default=False)
    # Whether the views of their shared badges are counted, as numbers and nothing else.
    counts_views = models.BooleanField(default=True)
    # Raised to end every session of the account at once: it is part of the session's hash.
    session_epoch = models.PositiveIntegerField(default=0)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    @cached_property
    def runs_issuers(self) -> bool:
        """Whether the person is in any issuer's team, as a page asks in several places."""
        return bool(self.memberships.exists())

    def get_session_auth_hash(self) -> str:
        return f"{self.session_epoch}:{super().get_session_auth_hash()}"


class Policy(models.Model):
    """Terms or privacy page in the operator's words: one version, which never changes. The first is the site's own."""

    class Kind(models.TextChoices):
        TERMS = "terms", _("terms")
        PRIVACY = "privacy", _("privacy page")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField(editable=False)
    text = models.TextField(_("text (Markdown)"), max_length=60_000)
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="one_policy_number")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Agreement(models.Model):
    """Which version of a policy somebody has agreed to, and when."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="agreements")
    kind = models.CharField(max_length=10, choices=Policy.Kind.choices)
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "number"], name="one_agreement")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.number}"


class CodeProof(models.Model):
    """That a code mailed to `address` came back from this account: more than holding a link, which can be forwarded."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "address"], name="one_code_proof")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at:%Y-%m-%d}"


class FormerAccount(models.Model):
    """An account that its owner merged into `user`: its passkeys still name it, and so may a backup."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_accounts")
    # What a passkey gives as its user: the primary key, which is never used again.
    former_pk = models.BigIntegerField(unique=True)
    public_id = models.CharField(max_length=26, unique=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.public_id} is {self.user_id} now"


class MailedCode(models.Model):
    """Six digits mailed to an address, for one purpose, one session and a quarter of an hour."""

    purpose = models.CharField(max_length=30)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField()
    # What the code is for besides the purpose, such as the award that is being claimed.
    about = models.CharField(max_length=80, default="", blank=True)
    secret_hash = models.CharField(max_length=64)
    handle = models.CharField(max_length=26, unique=True, default=new_id)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.made_at:%H:%M}"


class MailedLink(models.Model):
    """A random link in a mail, stored hashed: member invitations, the undo of a claim."""

    purpose = models.CharField(max_length=30)
    about = models.CharField(max_length=80)
    address = models.EmailField()
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.about}"
