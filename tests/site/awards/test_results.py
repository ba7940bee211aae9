"""What was reached: from a column of the list into the signed file and onto the certificate page."""

from __future__ import annotations

import io
import json

import pytest
from django.test import Client

from plaudit_site.accounts.models import User
from plaudit_site.awards import batching, claiming, staging
from plaudit_site.awards.models import Award
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def results(award: Award) -> object:
    assert award.credential is not None
    return json.loads(bytes(award.credential.content))["credentialSubject"].get("result")


def test_a_result_is_signed_with_the_award_and_shown(world: World, eve: User) -> None:
    award = world.award(result="  87 %\u202e ")
    assert results(award) == [{"type": ["Result"], "value": "87 %"}]
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    text = Client().get(f"/i/{world.issuer.slug}/c/{award.public_id}").content.decode()
    assert "Every check passed" in text
    assert "87 %" in text


def test_a_list_brings_results_by_any_heading_and_rows_without_one_have_none(
    world: World, settings: object
) -> None:
    settings.CANCEL_SECONDS = 0  # type: ignore[attr-defined]
    text = "Name;E-Mail;Gesamtnote\r\nEve;eve@example.org;sehr gut\r\nAnn;ann@example.org;\r\n"
    batch = staging.upload(
        world.issuer, io.BytesIO(text.encode()), name="l.csv", badge=world.badge, by=world.ben
    )
    batching.start(batch, by=world.ben)
    run_worker()
    eve, ann = batch.awards.order_by("batch_line")
    assert results(eve) == [{"type": ["Result"], "value": "sehr gut"}]
    assert results(ann) is None


def test_a_result_that_is_too_long_or_invisible_is_named(world: World) -> None:
    text = f"name,email,result\nEve,{EVE},{'x' * 101}\nAnn,ann@example.org,\u200b\u200b\n"
    batch = staging.upload(
        world.issuer, io.BytesIO(text.encode()), name="l.csv", badge=world.badge, by=world.ben
    )
    found = [problem["column"] for row in batch.rows.order_by("line") for problem in row.problems]
    assert found == ["result", "result"]


def test_the_form_of_one_person_takes_a_result(world: World) -> None:
    ben = signed_in(world.ben)
    told = {"badge": world.badge.public_id, "name": "Eve", "address": EVE, "press": "a" * 26, "result": "A+"}
    assert ben.post(f"/manage/{world.issuer.slug}/awards/new?more=1", told).status_code == 302
    assert Award.objects.get(address=EVE, version__achievement=world.badge).result == "A+"
