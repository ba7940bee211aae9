"""In what state each award was when the static copy got its page (freezing.py): a run that goes on compares."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from django.db.models import Count

from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import SigningKey


class Written:
    """A line for each award, added as soon as it is written; of a line that broke off nothing is believed."""

    def __init__(self, path: Path) -> None:
        try:
            lines = path.read_text().splitlines()
        except OSError:
            lines = []
        self._known = {
            public_id: state for public_id, _space, state in (line.partition(" ") for line in lines)
        }
        self._path = path
        # What a compromised key signed is shown as what it is.
        keys = SigningKey.objects.filter(compromised_at__isnull=False).values_list("issuer_id")
        self._compromised: dict[int, int] = dict(keys.annotate(number=Count("pk")))

    def __enter__(self) -> Self:
        self._file = self._path.open("a")
        return self

    def __exit__(self, *_why: object) -> None:
        self._file.close()

    def of(self, award: Award) -> str:
        """All that changes what a certificate says of itself from one moment to the next, but for the day."""
        revocation, suspension = getattr(award, "revocation", None), getattr(award, "suspension", None)
        marks: tuple[object, ...] = (
            revocation and revocation.pk,
            revocation and revocation.renewed_by_id,
            suspension and suspension.pk,
            award.issuer.standing,
            self._compromised.get(award.issuer_id),
        )
        return ".".join(str(mark or "") for mark in marks) + ";"

    def are(self, award: Award, state: str) -> bool:
        """Whether it was written in this state."""
        return self._known.get(award.public_id) == state

    def note(self, award: Award, state: str) -> None:
        self._file.write(f"{award.public_id} {state}\n")
        self._file.flush()
        self._known[award.public_id] = state
