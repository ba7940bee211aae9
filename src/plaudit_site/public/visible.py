"""What everybody with the link may see, straight from its rows: asked at each request, so nothing is kept too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Length

from plaudit_site.achievements.models import Achievement, AchievementLink
from plaudit_site.asking import PLACE, Joined, Question
from plaudit_site.awards.models import Award, Revocation, StatusEntry, StatusList, Suspension, Visibility
from plaudit_site.belongings.models import Profile
from plaudit_site.issuers.models import CertificateDesign, Domain, IssuerLink
from plaudit_site.public.checking import Around


def _links(of: QuerySet[Any, Any], owner: str, *names: str) -> Subquery:
    """Every link of the row's owner, as it is shown."""
    parts = [part for name in (*names, "pk") for part in (Cast(F(name), CharField()), Value("\x1f"))]
    return Subquery(of.order_by().values(owner).annotate(all=Joined(Concat(*parts))).values("all"))


def _seen() -> QuerySet[Award, Award]:
    """The same awards that sharing.look_up shows to a stranger; a test compares the two."""
    return Award.objects.filter(
        public_id=PLACE,
        state=Award.State.ACCEPTED,
        visibility__in=[Visibility.LINK, Visibility.PUBLIC],
        credential__isnull=False,
    )


TAG = Question(_seen().values_list("credential__sha256", "issuer__slug", "issuer__host"))

FILE = Question(_seen().values_list("credential__content", "issuer__slug", "issuer__host"))

LIST = Question(StatusList.objects.filter(public_id=PLACE).values_list("content", Value(""), Value("")))

# Everything on the page that can change while its file does not. What stands in the file, and in a published
# version, never changes; the verdict is bound by what it was reached from.
_PAGE = (
    "issuer__slug", "issuer__host", "pk", "earner_id",
    "name", "awarded_at", "expires_at", "evidence_url", "visibility", "credential_id",
    "credential__sha256", "issuer__name", "issuer__url", "issuer__standing", "issuer__is_site",
    "issuer__key_generation", "version_id", "credential__status_list_id",
)  # fmt: skip


_ASKED = (
    "may_be_found", "current", "generation", "signed_at", "logo", "ours", "of_badge", "domain", "domain_state",
    "domain_how", "domain_found_at", "held_generation",
)  # fmt: skip


# All of it: what looks like a change of a picture may be one of the same size.
_DESIGN = ("layout", "colour", "wording", "signatory", "signatory_role", "signature")

_ALL = ("taken_back", *_PAGE, *_ASKED, *_DESIGN)
_AT = {name: number for number, name in enumerate(_ALL)}


def _page() -> QuerySet[Award, Any]:
    """In questions within the question. PostgreSQL plans a join of seven tables longer than it takes to answer, and
    where it keeps the plan (ADR 0065) a join gained a twentieth.
    """
    bit = StatusEntry.objects.filter(
        status_list=OuterRef("credential__status_list_id"), index=OuterRef("credential__status_index")
    )
    row = Revocation.objects.filter(award=OuterRef("pk"))
    # As profiles.may_be_found asks; whether it is public at all stands in the row.
    found = Profile.objects.filter(user=OuterRef("earner_id"), is_on=True, may_be_found=True)
    held = Suspension.objects.filter(award=OuterRef("pk"))
    design = CertificateDesign.objects.filter(issuer=OuterRef("issuer_id"))
    held_list = StatusList.objects.filter(pk=OuterRef("credential__suspension_list_id"))
    status_list = StatusList.objects.filter(pk=OuterRef("credential__status_list_id"))
    ours = IssuerLink.objects.filter(issuer=OuterRef("issuer_id"))
    of_badge = AchievementLink.objects.filter(achievement=OuterRef("version__achievement_id"))
    domain = Domain.objects.filter(issuer=OuterRef("issuer_id"))
    badge = Achievement.objects.filter(pk=OuterRef("version__achievement_id"))
    return (
        _seen()
        .annotate(
            may_be_found=Exists(found),
            taken_back=Exists(bit) | Exists(row) | Exists(held),
            held_generation=Subquery(held_list.values("signed_generation")),
            **{name: Subquery(design.values(name)) for name in _DESIGN},
            current=Subquery(badge.values("current_id")),
            generation=Subquery(status_list.values("signed_generation")),
            signed_at=Subquery(status_list.values("signed_at")),
            domain=Subquery(domain.values("name")),
            domain_state=Subquery(domain.values("state")),
            domain_how=Subquery(domain.values("how")),
            domain_found_at=Subquery(domain.values("found_at")),
            logo=Length("issuer__logo"),
            ours=_links(ours, "issuer", "group", "label", "url", "position"),
            of_badge=_links(of_badge, "achievement", "label", "url", "position"),
        )
        .values_list(*_ALL)
    )


PAGE = Question(_page())


def is_plain(rows: Sequence[Any], slug: str) -> bool:
    """At the address of now, and not taken back: what is said of one that was is seldom asked for, and Django's.

    Of an issuer with a host of its own the page is there, and who asks here is led to it.
    """
    taken_back, here, host = rows[0], rows[1], rows[2]
    return bool(here == slug) and not host and not taken_back


class Whose(NamedTuple):
    """Enough of an award to be counted."""

    pk: int
    earner_id: int | None


def whose(rows: Sequence[Any]) -> Whose:
    return Whose(rows[_AT["pk"]], rows[_AT["earner_id"]])


def around(rows: Sequence[Any]) -> Around:
    """Of one that is not taken back (is_plain)."""
    names = ("issuer__key_generation", "generation", "signed_at", "held_generation", *["taken_back"] * 3)
    return Around(*(rows[_AT[name]] for name in names))


def may_be_found(rows: Sequence[Any]) -> bool:
    """As profiles.may_be_found says it of the award."""
    return rows[_AT["visibility"]] == Visibility.PUBLIC and bool(rows[_AT["may_be_found"]])
