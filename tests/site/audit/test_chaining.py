"""The chain of events: laid in order, broken by any change."""

from __future__ import annotations

import pytest

from plaudit_site.audit import chaining
from plaudit_site.audit.models import AuditEvent, record
from tests.people import EVE, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_happened_yet(db: None) -> None:
    AuditEvent.objects.all().delete()


def test_every_event_finds_its_place_and_the_chain_holds() -> None:
    for number in range(5):
        record("tested", actor="me", subject=f"award:{number}")
    assert chaining.chain_some() == 5
    assert chaining.chain_some() == 0
    assert list(AuditEvent.objects.order_by("chain_number").values_list("chain_number", flat=True)) == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert chaining.first_broken() is None


@pytest.mark.parametrize(
    "change",
    [{"actor": "somebody else"}, {"details": {"x": 1}}, {"kind": "other"}, {"subject": "award:9"}],
    ids=["actor", "details", "kind", "subject"],
)
def test_a_changed_event_is_named(change: dict[str, object]) -> None:
    events = [record("tested", actor="me", subject=f"award:{n}") for n in range(4)]
    chaining.chain_some()
    AuditEvent.objects.filter(pk=events[2].pk).update(**change)
    assert chaining.first_broken() == events[2].pk


def test_a_missing_event_is_noticed() -> None:
    events = [record("tested", actor="me", subject=f"award:{n}") for n in range(4)]
    chaining.chain_some()
    events[1].delete()
    assert chaining.first_broken() == events[2].pk


def test_events_hold_no_name_and_no_address(world: World) -> None:
    world.award()
    told = " ".join(f"{e.actor} {e.subject} {e.details}" for e in AuditEvent.objects.all())
    for word in (EVE, "Eve", "Ada", "example.org"):
        assert word not in told
