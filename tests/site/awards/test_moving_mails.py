"""Migration 0013: mails that were queued before have the keys of their awards afterwards."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from plaudit_site.awards import resending
from plaudit_site.mail.models import Message
from tests.people import World

pytestmark = pytest.mark.django_db
MIGRATION = import_module("plaudit_site.awards.migrations.0013_mails_by_key")


def test_mails_of_before_are_found_by_their_awards(world: World) -> None:
    one, other = world.award("one@example.org"), world.award("other@example.org")
    for award in (one, other):
        key = f"invitation:{award.public_id}:1"
        Message.objects.filter(about=award.pk, kind="invitation").update(about=None, once_key=key)
    elsewhere = Message.objects.create(
        kind="lapsing", subject_id=world.issuer.public_id, message_id="<1>", once_key="lapsing:2026-11"
    )
    again = Message.objects.create(kind="invitation", subject_id=one.public_id, message_id="<2>")
    assert not resending.deliveries([one, other])

    for _twice in range(2):
        MIGRATION.give_keys(apps, None)
    mails = Message.objects.filter(subject_id=one.public_id, kind="invitation").order_by("pk")
    assert list(mails.values_list("about", "once_key")) == [(one.pk, "invitation:1"), (one.pk, None)]
    assert resending.deliveries([one, other])[one.public_id] == again
    assert Message.objects.get(about=other.pk, kind="invitation").once_key == "invitation:1"
    elsewhere.refresh_from_db()
    assert (elsewhere.about, elsewhere.once_key) == (None, "lapsing:2026-11")
