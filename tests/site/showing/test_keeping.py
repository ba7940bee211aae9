"""Parts of pages that are made once: for whom, and what finds no way into them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest
from django.http import HttpRequest
from django.template import Context, Engine, RequestContext, TemplateSyntaxError
from django.test import Client, override_settings
from django.urls import get_urlconf, set_urlconf
from django.utils import translation
from django.utils.safestring import mark_safe

from plaudit_site.showing.once import once_a_language, words_once
from plaudit_site.showing.templatetags import keeping

HOSTS = "plaudit_site.public.host_urls"


def template(inside: str, names: str = "name", given: str = "{% load keeping i18n %}") -> str:
    return given + "{% keep " + names + " %}" + inside + "{% endkeep %}"


class Page:
    """One template, and how often its part was made."""

    def __init__(self, inside: str, names: str = "name") -> None:
        libraries = {
            "keeping": "plaudit_site.showing.templatetags.keeping",
            "i18n": "django.templatetags.i18n",
        }
        engine = Engine(libraries=libraries)
        self.template = engine.from_string(template(inside, names))
        self.kept, *_inner = self.template.nodelist.get_nodes_by_type(keeping.Kept)

    def read(self, escaped: bool = True, **given: object) -> str:
        return str(self.template.render(Context(given, autoescape=escaped)))

    @property
    def made(self) -> int:
        return len(self.kept._texts)  # type: ignore[attr-defined]


def test_it_is_made_once_for_the_same_values() -> None:
    page = Page("{{ name }}!")
    assert [page.read(name=name) for name in ("Eve", "Bob", "Eve")] == ["Eve!", "Bob!", "Eve!"]
    assert page.made == 2


def test_it_sees_what_it_names_and_nothing_else() -> None:
    """Neither who is signed in nor the request: what one visitor is shown, the next is shown too."""
    page = Page("[{{ name }}{{ user }}{{ request.path }}{{ csrf_token }}{% csrf_token %}]")
    request = HttpRequest()
    request.path = "/mine"
    first = RequestContext(request, {"name": "x", "user": "Eve", "csrf_token": "secret", "request": request})
    assert page.template.render(first) == "[x]"
    assert page.read(name="x", user="Bob") == "[x]"
    assert page.made == 1


def test_what_is_safe_is_not_taken_for_the_same_words_that_are_not() -> None:
    for order in (1, -1):
        page = Page("{{ name }}")
        for name, expected in [(mark_safe("<b>"), "<b>"), ("<b>", "&lt;b&gt;")][::order]:
            assert page.read(name=name) == expected
        assert page.made == 2


def test_one_is_not_taken_for_true() -> None:
    page = Page("{{ name }}")
    assert [page.read(name=name) for name in (1, True, 1.0)] == ["1", "True", "1.0"]


def test_each_language_and_each_way_of_escaping_has_its_own() -> None:
    page = Page("{% translate 'Yes' %}{{ name }}")
    for language, said in (("en", "Yes"), ("de", "Ja"), ("en", "Yes")):
        with translation.override(language):
            assert page.read(name="<") == f"{said}&lt;"
            assert page.read(False, name="<") == f"{said}<"
    assert page.made == 4


def test_each_list_of_addresses_has_its_own() -> None:
    """On an issuer's own host the operator's console, for one, has no address."""
    page, before = Page("{% url 'admin:index' as console %}{{ console }}"), get_urlconf()
    try:
        for addresses, expected in ((None, "/operator/"), (HOSTS, ""), (None, "/operator/")):
            set_urlconf(addresses)
            assert page.read() == expected
    finally:
        set_urlconf(before)


def test_it_forgets_before_it_grows_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 10)
    page = Page("{{ name }}")
    for number in range(35):
        assert page.read(name=number) == str(number)
        assert page.made <= 10


def test_what_can_change_is_refused() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        Page("{{ name }}").read(name=["a list"])


@pytest.mark.parametrize("names", ["name=name other", "page.name", "name|upper"])
def test_names_are_names(names: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Page("", names)


def test_names_may_be_given_to_what_has_none() -> None:
    @dataclass
    class Issuer:
        name: str

    page = Page("{{ who }} {{ number }}", "number who=issuer.name|lower")
    assert page.read(issuer=Issuer("ADA"), number=1) == "ada 1"


def test_words_are_made_once_a_language_and_list_of_addresses() -> None:
    asked = []

    @once_a_language
    def said(word: str, *more: int) -> str:
        asked.append((word, more))
        return translation.gettext(word)

    for _again in range(2):
        for language, expected in (("en", "Yes"), ("de", "Ja")):
            with translation.override(language):
                assert said("Yes") == expected
    assert len(asked) == 2
    before = get_urlconf()
    try:
        set_urlconf(HOSTS)
        said("Yes")
    finally:
        set_urlconf(before)
    assert said("Yes", 1) == said("Yes", True)
    assert len(asked) == 5


def test_an_open_place_is_filled_anew_from_around_the_part_and_escaped() -> None:
    page = Page(
        "{{ name }}: {% if name %}{% live who|lower %}{% endif %}{% for n in name %}{% live who %}{% endfor %}"
    )
    for who in ("Eve", "<Bob>", ""):
        escaped = who.replace("<", "&lt;").replace(">", "&gt;")
        assert page.read(name="x", who=who) == f"x: {escaped.lower()}{escaped}"
    assert page.made == 1
    assert page.read(False, name="x", who="<Bob>") == "x: <bob><Bob>"
    assert all("Eve" not in str(part) for text in page.kept._texts.values() for part in text.pieces)  # type: ignore[attr-defined]


def test_what_was_said_before_cannot_open_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that holds an older mark is a name."""
    marks = iter(["a" * 32, "b" * 32])
    monkeypatch.setattr(keeping.secrets, "token_hex", lambda _bytes: next(marks))
    page = Page("{{ name }}{% live who %}")
    assert page.read(name="x", who="Eve") == "xEve"
    assert page.read(name="a" * 32 + "0;", who="Eve") == "a" * 32 + "0;Eve"


def test_a_part_in_a_part_fills_its_places_from_the_outer_one() -> None:
    page = Page("{% keep name %}{% live who %}{% live name %}{% endkeep %}{% live who %}")
    for _again in range(2):
        assert page.read(name="x", who="Eve") == "xEve"


def test_without_a_part_around_it_an_open_place_is_a_value() -> None:
    engine = Engine(libraries={"keeping": "plaudit_site.showing.templatetags.keeping"})
    loaded = "{% load keeping %}"
    assert engine.from_string(loaded + "{% live who %}").render(Context({"who": "<Eve>"})) == "&lt;Eve&gt;"
    for wrong in ("{% live %}", "{% live a b %}"):
        with pytest.raises(TemplateSyntaxError):
            engine.from_string(loaded + wrong)


@pytest.mark.django_db
@override_settings(SITE_NAME="Somewhere else")
def test_a_name_that_is_changed_shows() -> None:
    assert "Somewhere else runs on Plaudit" in Client().get("/help/").content.decode()


def test_an_open_part_is_made_anew_of_what_is_around_and_kept_for_nobody() -> None:
    page = Page(
        "{{ name }}: {% open %}{% if user %}{% translate 'Yes' %}, {{ user }}{{ name }}{% endif %}{% endopen %}!"
    )
    said = []
    for language, user in (("en", "<Eve>"), ("de", "Bob"), ("en", ""), ("en", "Bob")):
        with translation.override(language):
            said.append(page.read(name="x", user=user))
    assert said == ["x: Yes, &lt;Eve&gt;x!", "x: Ja, Bobx!", "x: !", "x: Yes, Bobx!"]
    assert page.made == 2  # one for each language
    assert page.read(False, name="x", user="<Eve>") == "x: Yes, <Eve>x!"
    kept = [piece for text in page.kept._texts.values() for piece in text.pieces]  # type: ignore[attr-defined]
    assert not any("Eve" in str(piece) or "Bob" in str(piece) for piece in kept)


def test_an_open_part_does_not_see_the_names_of_the_part_around_it() -> None:
    page = Page(
        "{{ mine }}{% with more='M' %}{% open %}[{{ mine }}{{ more }}]{% endopen %}{% endwith %}", "mine=name"
    )
    assert page.read(name="x") == "x[]"
    assert page.read(name="x", mine="outer") == "x[outer]"


def test_a_part_in_an_open_part_is_kept_for_its_own_values() -> None:
    page = Page(
        "{{ name }}{% open %}{% keep who %}{{ who }}{{ name }}{% live number %}{% endkeep %}{% endopen %}"
    )
    for who, number in (("Eve", 1), ("Bob", 2), ("Eve", 3)):
        assert page.read(name="x", who=who, number=number) == f"x{who}{number}"
    assert page.made == 1
    (inner,) = page.template.nodelist.get_nodes_by_type(keeping.Kept)[1:]
    assert len(inner._texts) == 2  # type: ignore[attr-defined]


def test_a_value_that_holds_a_mark_opens_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a kept text, nor in what is put into an open place: that is not looked through."""
    mark = "a" * 32
    monkeypatch.setattr(keeping.secrets, "token_hex", lambda _bytes: mark)
    page = Page("{% live who %}-{% open %}{{ who }}{% endopen %}-{% live secret %}")
    for who in (f"{mark}2;", f"{mark}0;"):
        assert page.read(name="x", who=who, secret="s") == f"{who}-{who}-s"


def test_a_value_in_many_places_is_looked_up_once_and_its_filters_tell_it_apart() -> None:
    asked = []

    class Award:
        @property
        def holder(self) -> str:
            asked.append("holder")
            return "Eve"

    page = Page(
        "{% for n in name %}{% live a.holder %}{% endfor %}{% live a.holder|upper %}{% live a.holder %}"
    )
    for _again in range(2):
        asked.clear()
        assert page.read(name="xy", a=Award()) == "EveEveEVEEve"
        assert len(asked) == 2


def test_without_a_part_around_it_an_open_part_is_as_if_it_were_not_marked() -> None:
    engine = Engine(libraries={"keeping": "plaudit_site.showing.templatetags.keeping"})
    loaded = "{% load keeping %}"
    assert (
        engine.from_string(loaded + "{% open %}{{ who }}{% endopen %}").render(Context({"who": "E"})) == "E"
    )


def test_words_without_addresses_are_made_once_a_language() -> None:
    asked = []

    @words_once
    def said(word: str) -> str:
        asked.append(word)
        return translation.gettext(word)

    before = get_urlconf()
    try:
        for addresses, (language, expected) in product((None, HOSTS), (("en", "Yes"), ("de", "Ja"))):
            set_urlconf(addresses)
            with translation.override(language):
                assert said("Yes") == expected
    finally:
        set_urlconf(before)
    assert len(asked) == 2
