"""Invitations made together are, sign by sign, those that are made one by one."""

from __future__ import annotations

from typing import Any

import pytest

from plaudit_site.awards import mails
from plaudit_site.awards.models import Award
from plaudit_site.mail import own_wording, renderers, wording
from plaudit_site.mail.queueing import refuse
from plaudit_site.mail.renderers import Pointless, Rendered, Unwanted, Wanted
from tests.people import World

pytestmark = pytest.mark.django_db
NAMES = [
    "Eve Earner", "<b>Bobby</b> & \"Söhne\" 'x'", "{{ name }}", "%s %(name)s %", "王 小明", "\u202eevil", " ", "",
    "two\nlines", "mark0namemark", "</p><a href='https://evil.example'>x</a>", "a" * 200, "{% now %}", "&amp;",
]  # fmt: skip


def rows(world: World, note: str = "") -> list[Award]:
    return Award.objects.bulk_create(
        Award(issuer=world.issuer, version=world.badge.current, address=f"p{n}@x.example", name=name,
              state="waiting", note=note)
        for n, name in enumerate(NAMES)
    )  # fmt: skip


def plainly(kind: str, language: str, context_of: Any, own: Any) -> tuple[str, str, str]:
    return wording.words(kind, language, context_of(own))


@pytest.mark.parametrize("kind", ["invitation", "reminder"])
@pytest.mark.parametrize(
    "own", ["", "Dear {{ name }},\n\n{{ badge }} & <3\nof {{ issuer }}"], ids=["ours", "own"]
)
@pytest.mark.parametrize("note", ["", "Well <done>\nindeed"], ids=["no note", "note"])
def test_filled_is_rendered(
    kind: str, own: str, note: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own:
        own_wording.save(mails.scope_of(world.issuer), kind, subject="For {{ name }}: {{ badge }}", text=own)
    wanted = [Wanted(award.public_id, "en", {}) for award in rows(world, note)]
    together = renderers.render_many(kind, wanted)
    assert any(form for form in wording._forms.values()), "some were filled, not rendered"
    monkeypatch.setattr(mails, "filled", plainly)
    assert list(together) == [renderers.render(kind, one.subject_id, "en", {}) for one in wanted]


def test_who_wants_none_or_needs_none_gets_none(world: World) -> None:
    awards = rows(world)[:4]
    refuse(awards[0].address, mails.scope_of(world.issuer))
    refuse(awards[1].address, "all")
    Award.objects.filter(pk=awards[2].pk).update(state="declined")
    wanted = [Wanted(award.public_id, "en", {}) for award in awards] + [Wanted("gone", "en", {})]
    kinds = [type(one) for one in renderers.render_many("invitation", wanted)]
    assert kinds == [Unwanted, Unwanted, Pointless, Rendered, Pointless]


def test_a_template_that_changes_a_name_is_rendered_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "words", lambda _k, _l, context: (context["name"].upper(), "t", "h"))
    assert wording.filled("shouting", "en", lambda own: own, {"name": "eve"}) == ("EVE", "t", "h")
