"""Awards and what hangs on them. Foreign keys point downwards; a change of state is one function in a job module."""

from __future__ import annotations

import secrets
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.achievements.saying import Said, said
from plaudit_site.ids import new_id
from plaudit_site.issuers.models import Issuer, Person, SigningKey
from plaudit_site.leases import Leased


class Visibility(models.TextChoices):
    ONLY_ME = "only_me", _("Only you")
    LINK = "link", _("Anyone with the link")
    PUBLIC = "public", _("Public (on the profile)")


def new_permutation_key() -> bytes:
    return secrets.token_bytes(16)


class StatusList(models.Model):
    """One Bitstring Status List of an issuer. `content` is the signed document as it is served."""

    SIZE: ClassVar[int] = 131_072

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="status_lists")
    purpose = models.CharField(max_length=20, default="revocation")
    # The identifier of the issuer that its credentials name; "" for the one at this site. A list has one issuer.
    signed_as = models.CharField(max_length=300, blank=True, default="")
    # Counter of indices handed out; the index itself is a keyed permutation of it: no order to read.
    reserved = models.PositiveIntegerField(default=0)
    permutation_key = models.BinaryField(default=new_permutation_key)
    # Raised with each change of an entry; the worker signs again while signed_generation is behind.
    generation = models.PositiveIntegerField(default=1)
    signed_generation = models.PositiveIntegerField(default=0)
    signed_at = models.DateTimeField(null=True, blank=True)
    # The key of that signature: when it turns out that somebody else has it, the list is signed anew.
    key = models.ForeignKey(SigningKey, null=True, on_delete=models.PROTECT, related_name="+")
    content = models.BinaryField(default=bytes)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.public_id


class StatusEntry(models.Model):
    """A bit that is set. Of the purpose revocation rows are only ever added; of suspension they go, too."""

    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT, related_name="entries")
    index = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["status_list", "index"], name="one_entry")]

    def __str__(self) -> str:
        return f"{self.status_list_id}[{self.index}]"


class Batch(Leased):
    """A spreadsheet and what became of it: read, looked at, started, awarded, perhaps undone."""

    class State(models.TextChoices):
        READING = "reading", _("being read")
        CHECKED = "checked", _("ready to start")
        STARTED = "started", _("awarding")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("awarded")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        REFUSED = "refused", _("could not be read")

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="batches")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    file_name = models.CharField(max_length=200)
    # Where the storage keeps the upload, until the batch is awarded.
    file = models.CharField(max_length=200, default="", blank=True)
    sha256 = models.CharField(max_length=64)
    # What was found out about the file (importing.Table), and which column is what.
    layout = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    day_first = models.BooleanField(default=True)
    # For rows that name none.
    badge = models.ForeignKey(Achievement, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    problem = models.CharField(max_length=300, default="", blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    begins_at = models.DateTimeField(null=True, blank=True)
    # Awards that were settled when it was started, or gone on with: its speed is counted from there.
    settled_before = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.CharField(max_length=300, default="", blank=True)
    # Since when nobody of the file is known here any more, but for whom was awarded.
    forgotten_at = models.DateTimeField(null=True, blank=True)
    # Rows by their state, as they were staged and corrected; what was awarded since stands on the slices.
    tally = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["issuer", "-made_at"])]

    def __str__(self) -> str:
        return f"batch {self.public_id}"


class BatchRow(models.Model):
    """One line of a batch's file. No award yet: that is made when the batch is started."""

    class State(models.TextChoices):
        READY = "ready", _("ready")
        BAD = "bad", _("needs attention")
        TWICE = "twice", _("there already")
        AWARDED = "awarded", _("awarded")
        REFUSED = "refused", _("not awarded")
        LEFT = "left", _("left out")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices)
    # What stood in the file by our columns; kept where somebody may have to correct it.
    given = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    achievement = models.ForeignKey(
        Achievement, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    address = models.CharField(max_length=254, default="", blank=True)
    name = models.CharField(max_length=200, default="", blank=True)
    own_id = models.CharField(max_length=100, default="", blank=True)
    # The file names an id alone: the award goes to the address that the register has when it is made.
    by_id = models.BooleanField(default=False)
    awarded_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    evidence_url = models.CharField(max_length=500, default="", blank=True)
    note = models.CharField(max_length=1000, default="", blank=True)
    language = models.CharField(max_length=12, default="en")
    result = models.CharField(max_length=100, default="", blank=True)
    # The same badge to the same person: equal for twins, by the badge's rule.
    key = models.CharField(max_length=140, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="one_row_a_line")]
        indexes = [
            models.Index(fields=["batch", "state", "line"]),
            models.Index(fields=["batch", "key"]),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of {self.batch_id}"


class Slice(Leased):
    """Some lines of a started batch: what one worker awards in one transaction, while others have other slices."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="slices", db_index=False)
    # Lines of the file, both included.
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    done_at = models.DateTimeField(null=True, blank=True)
    # Counted in the transactions that make it so: the page that shows a million rows adds up some thousand slices.
    awarded = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    mails = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    undelivered = models.PositiveIntegerField(default=0)
    dropped = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "first"], name="one_slice_a_line")]

    def __str__(self) -> str:
        return f"lines {self.first} to {self.last} of {self.batch_id}"


class HeadingChoice(models.Model):
    """What an issuer said that a heading means; asked before our own words."""

    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="heading_choices")
    heading = models.CharField(max_length=200)
    column = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "heading"], name="one_heading_choice")]

    def __str__(self) -> str:
        return f"{self.heading} is {self.column or 'left out'}"


class ExpiryNotices(models.Model):
    """Whether an issuer's earners are told before a badge ends; without a row they are."""

    issuer = models.OneToOneField(Issuer, on_delete=models.CASCADE, related_name="expiry_notices")
    are_sent = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"notices of {self.issuer_id}: {'sent' if self.are_sent else 'not sent'}"


class AwardQuerySet(models.QuerySet["Award"]):
    def earned_by(self, user: models.Model) -> Self:
        """What stands on the Earned tab of `user`."""
        return self.filter(earner=user, state=Award.State.ACCEPTED, hidden=False)

    def with_badge(self) -> Self:
        return self.select_related(
            "version",
            "version__achievement",
            "issuer__certificate_design",
            "credential",
            "revocation",
            "suspension",
        )


# Every state but the one in which lists are stored, and most of their awards stay: the others are looked for.
ODD_STATES = ("queued", "accepted", "declined", "withdrawn", "removed", "failed", "erased")


class Award(Leased):
    class State(models.TextChoices):
        QUEUED = "queued", _("being prepared")
        WAITING = "waiting", _("waiting to be accepted")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        REMOVED = "removed", _("removed by the earner")
        FAILED = "failed", _("could not be signed")
        # A shell without anybody in it (erasing.py).
        ERASED = "erased", _("withdrawn at the holder’s request")

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="awards", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="awards")
    # To whom: the address in its one form, the name as the issuer wrote it.
    address = models.CharField(max_length=254)
    name = models.CharField(max_length=200)
    awarded_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    evidence_url = models.URLField(max_length=500, blank=True, default="")
    note = models.TextField(max_length=1000, blank=True, default="")
    language = models.CharField(max_length=12, default="en")
    # What was reached, in the issuer's own words: "87 %", "with distinction" (Result in the standard).
    result = models.CharField(max_length=100, blank=True, default="")
    awarded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Whom the issuer means, in its register: a new address there takes along what waits.
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="awards", db_index=False
    )
    # The same press, or the same person twice under the rule "once", gives one row.
    request_key = models.CharField(max_length=100, unique=True, null=True, blank=True)
    once_key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    # The line of a spreadsheet that it was made from: one award for each, whoever tries again.
    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="awards", db_index=False
    )
    batch_line = models.PositiveIntegerField(null=True, blank=True)
    # As of everything that is leased; but few awards are ever due, and the index holds those alone.
    due_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    problem = models.CharField(max_length=300, blank=True, default="")
    invitation_number = models.PositiveIntegerField(default=1)
    credential = models.OneToOneField(
        "Credential", null=True, blank=True, on_delete=models.PROTECT, related_name="current_of"
    )

    earner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="awards",
        db_index=False,
    )
    # When somebody first looked at its claim page, as far as the page can tell (claiming.note_opened).
    opened_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by_trust = models.BooleanField(default=False)
    declined_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.ONLY_ME)
    hidden = models.BooleanField(default=False)
    shared_at = models.DateTimeField(null=True, blank=True)
    is_welcome = models.BooleanField(default=False)

    objects = AwardQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["earner", "state", "hidden", "-awarded_at"],
                condition=Q(earner__isnull=False),
                name="awards_of_an_earner",
            ),
            # The two orders of the issuer's list; the key keeps those apart that are equal.
            models.Index(fields=["issuer", "-awarded_at", "-id"], name="awards_newest_first"),
            models.Index(fields=["issuer", "name", "id"], name="awards_by_name"),
            models.Index(fields=["address", "state"]),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="awards_that_are_due"),
            models.Index(fields=["person"], condition=Q(person__isnull=False), name="awards_of_a_person"),
            # The few of a batch that are not as most are.
            models.Index(
                fields=["batch", "state"],
                condition=Q(batch__isnull=False) & ~Q(state="waiting"),
                name="odd_ones_of_a_batch",
            ),
            # Asked for by `state__one_of=ODD_STATES`. It costs nothing while a list is awarded.
            models.Index(
                fields=["issuer", "state", "-id"],
                condition=Q(state__in=ODD_STATES),
                name="odd_ones_of_an_issuer",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(earner__isnull=False, credential__isnull=False),
                name="accepted_has_earner_and_credential",
            ),
            models.UniqueConstraint(fields=["batch", "batch_line"], name="one_award_a_line"),
        ]

    def __str__(self) -> str:
        return f"award {self.public_id}"

    @property
    def said(self) -> Said:
        """What the badge says to its earner, in the language of the award."""
        return said(self.version, self.language)

    @property
    def title(self) -> str:
        return self.said.title


class Credential(models.Model):
    """Signed bytes, written once and served as they are."""

    # No index of their own: the constraints below have them.
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="credentials", db_index=False)
    number = models.PositiveIntegerField(default=1)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+")
    status_list = models.ForeignKey(
        StatusList, on_delete=models.PROTECT, related_name="credentials", db_index=False
    )
    status_index = models.PositiveIntegerField()
    # A second place, in a list of those that are suspended: only where the issuer had switched that on before.
    suspension_list = models.ForeignKey(
        StatusList, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    suspension_index = models.PositiveIntegerField(null=True)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["award", "number"], name="one_credential_number"),
            models.UniqueConstraint(fields=["status_list", "status_index"], name="one_status_index"),
            models.UniqueConstraint(
                fields=["suspension_list", "suspension_index"], name="one_suspension_index"
            ),
        ]

    def __str__(self) -> str:
        return f"credential {self.number} of award {self.award_id}"


class Revocation(models.Model):
    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="revocation")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # Under the rule "renew": the later award that took this one's place.
    renewed_by = models.ForeignKey(
        Award, null=True, blank=True, on_delete=models.SET_NULL, related_name="renewed"
    )

    def __str__(self) -> str:
        return self.reason


class Suspension(models.Model):
    """The award does not hold at present. The row goes when it does again; the history keeps both."""

    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="suspension")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return self.reason


class TrustedIssuer(models.Model):
    """An account trusts an issuer's row (not its name, key or domain): later badges arrive by themselves."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trusted")
    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="trusted_by")
    visibility = models.CharField(max_length=10, choices=Visibility.choices)
    since = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "issuer"], name="one_trust")]

    def __str__(self) -> str:
        return f"{self.user_id} trusts {self.issuer_id}"


class Collection(models.Model):
    """Badges that an earner keeps together, for an application say, in an order of their own."""

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="collections")
    name = models.CharField(_("name"), max_length=80)
    text = models.TextField(max_length=1000, default="", blank=True)
    # Who may see its page; each badge in it keeps its own visibility.
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.ONLY_ME)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class CollectionItem(models.Model):
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    award = models.ForeignKey(Award, on_delete=models.CASCADE)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "award"], name="once_in_a_collection")]

    def __str__(self) -> str:
        return f"{self.award_id} in {self.collection_id}"


class LimitedLink(models.Model):
    """A link to an award's page on which its earner leaves something out, for a while (ADR 0040)."""

    class NameShown(models.TextChoices):
        WHOLE = "whole", _("Your whole name")
        FIRST = "first", _("Its first word only")
        NONE = "none", _("No name")

    # 128 random bits: who has the link has the page, and nobody else finds it.
    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    award = models.ForeignKey(Award, on_delete=models.CASCADE, related_name="limited_links")
    note = models.CharField(_("for whom"), max_length=80, blank=True, default="")
    name_shown = models.CharField(max_length=5, choices=NameShown.choices, default=NameShown.WHOLE)
    hides_result = models.BooleanField(default=False)
    hides_evidence = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"limited link of award {self.award_id}"


class BulkChange(Leased):
    """One press about many awards; a worker does it, award by award, in the order of their keys."""

    class Kind(models.TextChoices):
        SEND_AGAIN = "send_again", _("send the mail again")
        TAKE_BACK = "take_back", _("take back")
        CORRECT = "correct", _("correct")

    class State(models.TextChoices):
        LOOKED_AT = "looked_at", _("looked at")
        WORKING = "working", _("under way")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="bulk_changes")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=300, default="", blank=True)
    # What was looked for when it was pressed (listing.Wanted), and the last award that there was then.
    wanted = models.JSONField(default=dict)
    up_to = models.BigIntegerField()
    # How far it is: the last award that was dealt with.
    after = models.BigIntegerField(default=0)
    whole = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, default="", blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WORKING)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class Correction(models.Model):
    """What an award's name and address shall be, by a line of a list. Gone when it is done; what was not, says why."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="corrections")
    award = models.ForeignKey(Award, on_delete=models.CASCADE, related_name="+")
    line = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=254, blank=True)
    problem = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "award"], name="one_correction_of_an_award")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.change_id}"


class ViewCount(models.Model):
    """How often an award's page was opened from one channel. Who, when and from where nobody knows."""

    award = models.ForeignKey(Award, on_delete=models.CASCADE, related_name="view_counts")
    channel = models.CharField(max_length=4, blank=True)
    views = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["award", "channel"], name="one_count_a_channel")]

    def __str__(self) -> str:
        return f"{self.views} of {self.award_id}"


class AbuseReport(models.Model):
    award = models.ForeignKey(Award, on_delete=models.CASCADE, related_name="reports")
    text = models.TextField(max_length=2000)
    at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"report on {self.award_id}"
