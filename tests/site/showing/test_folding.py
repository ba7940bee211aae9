"""Folded templates say what the same templates say unfolded, in each language, escaped or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product

import pytest
from django.template import Context, Engine, engines
from django.template.base import Node
from django.test import Client, override_settings
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe

from plaudit_site import settings
from plaudit_site.accounts.models import User
from plaudit_site.awards.models import Award
from plaudit_site.public.checking import State
from plaudit_site.showing.folding import Folded
from tests.people import World
from tests.site.conftest import signed_in
from tests.site.public.test_certificates import page_of
from tests.site.public.test_states import CASES, kept

BROKEN = {f"broken {name}": f"{{{{ thing.{name} }}}}" for name in ("word", "number")}
LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "keeping": "plaudit_site.showing.templatetags.keeping",
    "static": "django.templatetags.static",
    "showing": "plaudit_site.showing.templatetags.showing",
}
FILES = {
    "base": "{% load i18n %}<b>{% translate 'Home' %}</b>{% block a %}{% translate 'Yes' %}{% endblock %} "
    "{% block b %}{% endblock %}",
    "extended": "{% extends 'base' %}{% load i18n showing %}{% block a %}{{ block.super }}, {% translate 'No' %}"
    "{% icon 'lock' %}{% endblock %}{% block b %}{% include 'part' %}"
    "{% include 'part' with name='C' only %}{% endblock %}",
    "twice": "{% extends 'extended' %}{% load i18n %}{% block a %}<{{ block.super }}>{{ name }}{% endblock %}"
    "{% block b %}{% if flag %}{{ block.super|upper }}{% endif %}{% translate 'Yes' %}{% endblock %}",
    "nested": "{% load i18n %}{% block outer %}{% translate 'Home' %}{% block inner %}{{ name }}{% endblock %}"
    "{% with more='M' %}{% block last %}{{ more }}{% endblock %}{% endwith %}{% endblock %}{{ said }}",
    "nested in": "{% extends 'nested' %}{% load i18n %}{% block inner %}{% translate 'Yes' as said %}{{ said }}"
    "{% block deep %}{{ more }}{% endblock %}{% endblock %}{% block last %}{{ block.super }}{{ more }}{% endblock %}",
    "super by an include": "{% extends 'base' %}{% block a %}{% include 'asks' %}{% endblock %}",
    "asks": "{% load i18n %}{% translate 'No' %}{{ block.super }}",
    "open": "{% load i18n keeping %}{% keep name %}{{ name }}{% open %}{% translate 'Yes' %}{% for one in many %}"
    "{% keep one %}{{ one }}{% live flag %}{% endkeep %}{% endfor %}{% endopen %}{% live thing.word %}{% endkeep %}",
    "part": "{% load i18n %}{% translate 'Yes' %} {{ name }}{% if flag %}{% translate 'No' %}{% else %}"
    "{% translate 'Home' %}{% endif %}",
    "loops": "{% load i18n %}{% for one in many %}{% translate 'Yes' %}{{ one }}{% empty %}{% translate 'No' %}"
    "{% endfor %}{% with more='M' %}{% translate 'Home' %}{{ more }}{% endwith %}",
    "named": "{% load i18n %}{% translate 'Yes' as said %}{% translate 'No' %}[{{ said }}]{% translate name %}"
    "{% translate 'Yes'|upper %}{% translate 'May' context 'alt. month' %}",
    "marks": "{% load i18n %}{% translate '<Yes & No>' %}{% autoescape off %}{% translate '<Yes & No>' %}"
    "{{ name }}{% endautoescape %}{% translate '100%' %}",
    "tags": "{% load showing static i18n %}{% icon 'lock' %}{% icon drawing %}{% icon 'lock' css=name %}{% shield %}"
    "{% icon 'lock' as kept %}{{ kept }}{% static 'img/favicon.svg' %}{% static path %}{% comment %}no{% endcomment %}"
    "{% translate 'Yes' %}",
    "lookups": "{% load i18n %}{% translate 'Yes' %}"
    + "".join(
        f"[{{{{ {name} }}}}{{% if {name} %}}yes{{% elif not {name} and flag or {name} == 'x' %}}maybe{{% endif %}}]"
        for name in (
            *("name", "missing", "missing.deep", "name.missing", "many.0", "many.9", "things.a", "things.missing"),
            *("things.items", "things.keys.0", "thing.word", "thing.missing", "thing.method", "thing.asks"),
            *("thing.late", "thing.inner.a.b", "thing.forbidden", "thing.kept", "thing.silent", "thing.number", "day"),
            *("bare.silent", "bare.word", "bare.missing", "bare.method"),
            *("thing.safe", "thing.lazy", "none", "none.a", "flag.real", "both.a", "both.word", "kind.a"),
        )
    )
    + "{% for key, value in things.items %}{{ key }}{{ value|upper }}{{ forloop.counter }}{% endfor %}"
    "{{ name|default:'X'|lower }}{{ missing|upper }}{% firstof missing thing.word %}",
    "kept": "{% load i18n keeping %}{% keep name %}{% translate 'Yes' %}{{ name }}{% endkeep %}{% language 'de' %}"
    "{% translate 'Yes' %}{% keep name %}{% translate 'Yes' %}{% live flag %}{% endkeep %}{% endlanguage %}"
    "{% translate 'Yes' %}{% keep name %}{% translate 'Yes' %}{% endkeep %}",
    "inner": "{% load i18n %}{% language 'de' %}{% translate 'Yes' %}{% endlanguage %}{% translate 'Yes' %}",
}  # fmt: skip


NOTHING_OUTSIDE_OF_BLOCKS = ("extended", "super by an include")


class Silent(Exception):
    silent_variable_failure = True


class Both(dict[str, str]):
    """A mapping and an object: the item goes before the attribute."""

    a = word = "attribute"


class Thing:
    word, number, safe = "<word>", 1234.5, mark_safe("<i>")
    lazy = translation.gettext_lazy("Yes")
    inner = {"a": {"b": "<deep>"}}

    def method(self) -> str:
        return "<called>"

    def asks(self, what: str) -> str:
        return what

    def forbidden(self) -> str:
        raise AssertionError("a template must not call this")

    forbidden.alters_data = True  # type: ignore[attr-defined]

    class kept:  # noqa: N801
        do_not_call_in_templates = True

    @property
    def silent(self) -> str:
        raise Silent


SEEN = {
    "name": "<Eve>",
    "flag": True,
    "many": ["1", "2"],
    "drawing": "lock",
    "path": "img/favicon.svg",
    "things": {"a": "<A>", "b": "B"},
    "thing": SimpleLazyObject(Thing),
    "bare": Thing(),
    "both": Both(a="item"),
    "kind": Thing,
    "day": datetime(2026, 11, 28, tzinfo=UTC),
    "none": None,
}


def engine(loader: str, *, debug: bool = False) -> Engine:
    loaders = [(loader, [("django.template.loaders.locmem.Loader", {**FILES, **BROKEN})])]
    return Engine(loaders=loaders, libraries=LIBRARIES, debug=debug)


def folding(*, debug: bool = False) -> Engine:
    return engine("plaudit_site.showing.folding.Loader", debug=debug)


def folded_in(template: str, of: Engine) -> list[Node]:
    return of.get_template(template).nodelist.get_nodes_by_type(Folded)


@pytest.mark.parametrize("name", FILES)
def test_the_same_comes_out_in_each_language_and_each_time(name: str) -> None:
    plain, ours = engine("django.template.loaders.cached.Loader"), folding()
    for _again, language, given, escaped in product(range(2), ("en", "de", "en"), (SEEN, {}), (True, False)):
        if name == "tags" and not given:
            continue  # an icon without a name is an error in both
        with translation.override(language):
            expected = plain.get_template(name).render(Context(dict(given), autoescape=escaped))
            assert ours.get_template(name).render(Context(dict(given), autoescape=escaped)) == expected
    assert folded_in(name, ours) or name in NOTHING_OUTSIDE_OF_BLOCKS
    assert not folded_in(name, plain)


def test_an_error_in_a_property_is_not_hidden() -> None:
    class Broken(Thing):
        @property
        def word(self) -> str:  # type: ignore[override]
            raise ValueError("broken")

        @property
        def number(self) -> int:  # type: ignore[override]
            raise AttributeError("broken too")

    for ours in (engine("django.template.loaders.cached.Loader"), folding()):
        for name, error in (("word", ValueError), ("number", AttributeError)):
            with pytest.raises(error, match="broken"):
                ours.get_template(f"broken {name}").render(Context({"thing": Broken()}))


def test_the_languages_of_the_test_differ() -> None:
    found = set()
    for language in ("en", "de"):
        with translation.override(language):
            found.add(folding().get_template("base").render(Context()))
    assert len(found) == 2


def test_an_error_page_shows_the_tags_as_they_were_written() -> None:
    assert folded_in("base", folding())
    assert not folded_in("base", folding(debug=True))


@contextmanager
def unfolded() -> Iterator[None]:
    (template,) = settings.TEMPLATES
    loaders = [("django.template.loaders.cached.Loader", settings.TEMPLATE_PLACES)]
    options = {**template["OPTIONS"], "loaders": loaders}  # type: ignore[dict-item]
    with override_settings(TEMPLATES=[{**template, "OPTIONS": options}]):
        yield


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize("state", list(CASES), ids=str)
def test_j38_a_certificate_reads_the_same_unfolded(
    state: State, world: World, eve: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = page_of(CASES[state][0](world, eve))
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    once = browser.get(path).content
    assert folded_in("public/certificate.html", engines["django"].engine)  # type: ignore[attr-defined]
    with unfolded():
        assert not folded_in("public/certificate.html", engines["django"].engine)  # type: ignore[attr-defined]
        assert browser.get(path).content == once
    assert browser.get(path).content == once


@pytest.mark.django_db
def test_pages_that_look_alike_lend_each_other_nothing(
    world: World, eve: User, sam: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever was read before, and by whom: a page is what it is when it is the first."""
    awards = [kept(world, eve), kept(world, eve, badge=world.badge_like("Another <Badge>"))]
    Award.objects.filter(pk=awards[0].pk).update(evidence_url="https://eve.example/proof")
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    people = [browser, signed_in(eve), signed_in(sam)]
    asked = list(product(people, map(page_of, awards)))
    read_last = {one: one[0].get(one[1]).content for one in (*asked, *reversed(asked))}
    for reader, path in asked:
        with unfolded():  # and with nothing kept
            assert reader.get(path).content == read_last[reader, path]
    assert len(set(read_last.values())) == len(asked)


@pytest.mark.django_db
def test_an_answer_about_an_address_is_for_the_one_who_asked(
    world: World, eve: User, browser: Client
) -> None:
    path = page_of(kept(world, eve))
    for address, said in (
        ("eve@example.org", b"Yes."),
        ("<bob>@example.org", b"No."),
        ("", b"not an e-mail"),
    ):
        html = browser.post(f"{path}/is-it", {"address": address}).content
        assert said in html
        assert html.count(b"&lt;bob&gt;@example.org") == (2 if "bob" in address else 0)
        assert (b'value="eve@example.org"' in html) is address.startswith("eve")
    assert b"example.org" not in browser.get(path).content.split(b'id="is-it"')[1].split(b"</details>")[0]
