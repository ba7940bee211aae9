"""Issuers that could be taken for one known here: a name alone says nothing of who signed (A16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from plaudit_site.backpack import contents, verifying
from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Issuer


def look_alike(report: Mapping[str, Any]) -> str:
    """The name of an issuer known here that this one's could be taken for, and is not (A16); "" if there is none."""
    if report["credential"] is None or verifying.vouched_issuer(report) is not None:
        return ""
    found = contents.shown(report)
    wanted = founding.skeleton(found.issuer) if found is not None else ""
    if not wanted:
        return ""
    known = Issuer.objects.filter(Q(is_site=True) | Q(standing=Issuer.Standing.APPROVED))
    names = known.order_by("pk").values_list("name", flat=True)
    return next((name for name in names.iterator() if founding.skeleton(name) == wanted), "")
