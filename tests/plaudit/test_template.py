"""Templates: one badge for many people, with the bytes that issuing each by itself gives."""

import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plaudit
from plaudit import IssueError, KeyType, MappedFetch, Signer, Template, canonical, shapes
from plaudit.errors import KeyFormatError
from plaudit.model import AchievementCredential
from plaudit.proofs import jose
from plaudit.recipient import identity_object
from tests.plaudit.samples import AT, DAY, GUILD, LIST, METHOD, STRANGER, credential, key_of, web

HOLES = (
    "/id", "/credentialSubject/id", "/credentialSubject/identifier/0/identityHash",
    "/credentialSubject/identifier/0/salt", "/credentialSubject/identifier/1/identityHash",
    "/credentialSubject/identifier/1/salt", "/validFrom", "/validUntil", "/awardedDate", "/credentialStatus/id",
    "/credentialStatus/statusListIndex", "/evidence/0/narrative", "/credentialSubject/result/0/value",
)  # fmt: skip


def row(number: int, **changes: str) -> dict[str, str]:
    mail = identity_object("emailAddress", f"p{number}@mail.example", f"salt{number}")
    name = identity_object("name", f"Person {number}", f"pepper{number}")
    values = (
        f"urn:uuid:00000000-0000-4000-8000-{number:012}", f"urn:uuid:00000000-0000-4000-9000-{number:012}",
        mail["identityHash"], mail["salt"], name["identityHash"], name["salt"], "2026-11-01T09:00:00Z",
        "2028-11-01T09:00:00+02:00", "2026-10-31T09:00:00.5Z", f"{LIST}#{number}", str(number),
        f"\"{number}\"\n☃", "12",
    )  # fmt: skip
    return {**dict(zip(HOLES, values, strict=True)), **changes}


def filled(values: dict[str, Any]) -> dict[str, Any]:
    document = credential()
    for pointer, text in values.items():
        *path, last = pointer[1:].split("/")
        place: Any = document
        for part in path:
            place = place[int(part) if isinstance(place, list) else part]
        place[last] = text
    return document


def alone(values: dict[str, Any]) -> bytes | str:
    """What `issue` says, with no shape known."""
    shapes.cache.clear()
    try:
        return plaudit.issue(filled(values), GUILD, AT)
    except IssueError as error:
        return repr(error)


def by(template: Template, values: dict[str, Any]) -> bytes | str:
    try:
        return template.issue(values, AT)
    except IssueError as error:
        return repr(error)


def token_alone(values: dict[str, Any], signer: Signer = GUILD) -> str:
    """What `issue_jwt` says, with no shape known."""
    shapes.cache.clear()
    try:
        return plaudit.issue_jwt(filled(values), signer, AT)
    except IssueError as error:
        return repr(error)


def token_by(template: Template, values: dict[str, Any]) -> str:
    try:
        return template.issue_jwt(values, AT)
    except IssueError as error:
        return repr(error)


TEMPLATE = Template(credential(), GUILD, HOLES)


def takes_the_short_cut(values: dict[str, Any]) -> bool:
    return TEMPLATE._fill([values[hole] for hole in HOLES], AT) is not None


def test_every_person_gets_the_same_bytes_as_alone() -> None:
    for number in range(30):
        assert takes_the_short_cut(row(number))
        assert by(TEMPLATE, row(number)) == alone(row(number))


@pytest.mark.parametrize("end", ["2026-11-01T08:59:59Z", "2026-11-01T09:59:59+01:00"])
def test_an_end_before_the_beginning_is_refused_by_template_too(end: str) -> None:
    values = row(1, **{"/validUntil": end})
    by(TEMPLATE, row(0))
    with pytest.raises(IssueError, match="validUntil"):
        TEMPLATE.issue(values, AT)
    with pytest.raises(IssueError, match="validUntil"):
        TEMPLATE.issue_jwt(values, AT)
    assert by(TEMPLATE, row(1, **{"/validUntil": "2026-11-01T09:00:00Z"}))


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P256, KeyType.RSA])
def test_every_person_gets_the_same_token_as_alone(kind: KeyType) -> None:
    signer = Signer(key_of("guild", kind), METHOD)
    template = Template(credential(), signer, HOLES)
    for number in range(4):
        texts = [row(number)[hole] for hole in HOLES]
        assert template._fill_token(texts, AT) is not None
        one, other = (
            jose.read_jws(token)
            for token in (token_by(template, row(number)), token_alone(row(number), signer))
        )
        assert (one.header, one.payload) == (other.header, other.payload)
        assert jose.verify(one, signer.key.public())


def test_a_token_without_an_end_has_no_exp() -> None:
    document = credential()
    del document["validUntil"]
    token = Template(document, GUILD, ["/id"]).issue_jwt({"/id": "urn:x:y"}, AT)
    assert token == plaudit.issue_jwt(document | {"id": "urn:x:y"}, GUILD, AT)
    assert "exp" not in jose.read_payload(token)


def test_what_has_no_token_has_none_by_template_either() -> None:
    document = credential()
    del document["credentialSubject"]["id"]
    with pytest.raises(IssueError, match="/credentialSubject/id"):
        Template(document, GUILD, ["/id"]).issue_jwt({"/id": "urn:x:y"}, AT)
    with pytest.raises(KeyFormatError):
        Template(credential(), Signer(key_of("guild", KeyType.P384), METHOD), ["/id"]).issue_jwt(
            {"/id": "urn:x:y"}, AT
        )


def test_what_a_template_signs_verifies() -> None:
    report = plaudit.verify(TEMPLATE.issue(row(7), AT - DAY), fetch=MappedFetch(web()), at=AT)
    assert report.verified, report.as_dict()


ODD = {
    "an empty text": "", "a control character": "\x00\x01\x1f\x7f", "quotes": "\"\\ \n\r\t",
    "a percent sign": "100 %s %%",
    "beyond the BMP": "\U0001f600", "half a pair": "\ud800", "no character": "\ufffe",
    "a keyword": "@id", "a term": "type",
    "a compact IRI": "schema:name", "a blank node": "_:b0",
    "a relative IRI": "x/y", "an IRI with a space": "https://x/ y",
    "an IRI": "https://x.example/☃", "a scheme in capitals": "URN:x:y", "the document's id": row(3)["/id"],
    "a date": "2026-11-01T09:00:00Z", "half a date": "2026-11-01", "the 31st of June": "2026-06-31T09:00:00Z",
    "the other hash": row(3)["/credentialSubject/identifier/1/identityHash"],
    "a hole": "hole-0-", "no text": 5, "null": None,
    "an object": {}, "a boolean": True,
}  # fmt: skip


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_odd_values_get_the_verdict_of_issue_in_every_hole(value: Any) -> None:
    for hole in HOLES:
        values = row(3, **{hole: value})
        assert by(TEMPLATE, values) == alone(values), hole
        assert token_by(TEMPLATE, values) == token_alone(values), hole


@pytest.mark.parametrize(
    "value", ["not a url", "https://x.example/a", "https://x.example/ü", "urn:uuid:1", "Https://x.example/"]
)
def test_an_address_that_is_written_as_a_text_is_judged_as_an_address(value: str) -> None:
    document = credential()
    alignment = {"type": ["Alignment"], "targetName": "x", "targetUrl": "https://y.example/"}
    document["credentialSubject"]["achievement"]["alignment"] = [alignment]
    template = Template(document, GUILD, ["/credentialSubject/achievement/alignment/0/targetUrl"])
    changed = json.loads(json.dumps(document).replace("https://y.example/", value))
    for by_template, by_itself in ((template.issue, plaudit.issue), (template.issue_jwt, plaudit.issue_jwt)):
        results: list[Any] = []
        for run in (
            lambda by_template=by_template: by_template(
                {"/credentialSubject/achievement/alignment/0/targetUrl": value}, AT
            ),
            lambda by_itself=by_itself: by_itself(changed, GUILD, AT),
        ):
            try:
                results.append(run())
            except IssueError as error:
                results.append(repr(error))
        assert results[0] == results[1]


@given(
    st.lists(
        st.tuples(st.sampled_from(HOLES), st.one_of(st.text(max_size=20), st.sampled_from([*ODD.values()])))
    )
)
@settings(max_examples=60, deadline=None)
def test_random_values(changes: list[tuple[str, Any]]) -> None:
    values: dict[str, Any] = row(3, **dict(changes))
    assert by(TEMPLATE, values) == alone(values)
    assert token_by(TEMPLATE, values) == token_alone(values)


NEAR = {
    "/validFrom": st.from_regex(r"\A[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z\Z"),
    "/awardedDate": st.from_regex(r"\A[12][0-9]{3}-[01][0-9]-[0-3][0-9]\n?\Z"),
    "/id": st.from_regex(r"\A(urn:uuid|https?|schema|sec|type|id):[/a-zA-Z0-9.:#?\[\]-]{0,12}\n?\Z"),
    "/credentialSubject/id": st.from_regex(r"\A(urn:uuid:|https?://|type:)[/a-zA-Z0-9.:#?-]{0,12}\Z"),
    "/evidence/0/narrative": st.text(st.characters(max_codepoint=0x7F), max_size=8),
}


@given(st.fixed_dictionaries(NEAR))
@settings(max_examples=120, deadline=None)
def test_values_beside_the_usual_ones(changes: dict[str, str]) -> None:
    """One by one and together: what the quick look lets through must be what the full judgement lets through."""
    for part in ({name: text} for name, text in changes.items()):
        values = row(3, **part)
        assert by(TEMPLATE, values) == alone(values)
    values = row(3, **changes)
    assert token_by(TEMPLATE, values) == token_alone(values)


def test_identities_that_look_alike_are_left_to_the_general_road() -> None:
    twin = row(3)
    for name in ("identityHash", "salt"):
        twin[f"/credentialSubject/identifier/1/{name}"] = twin[f"/credentialSubject/identifier/0/{name}"]
    document = credential()
    document["credentialSubject"]["identifier"][1]["identityType"] = "emailAddress"
    template = Template(document, GUILD, HOLES)
    assert template._fill([twin[hole] for hole in HOLES], AT) is None
    expected = filled(twin)
    expected["credentialSubject"]["identifier"][1]["identityType"] = "emailAddress"
    assert template.issue(twin, AT) == plaudit.issue(expected, GUILD, AT)


def test_a_word_or_an_item_of_an_array_may_vary_too() -> None:
    for hole, text in (
        ("/credentialSubject/achievement/achievementType", "Degree"),
        ("/credentialSubject/achievement/tag/0", "wood"),
        ("/credentialSubject/identifier/0/identityType", "name"),
    ):
        template = Template(credential(), GUILD, ["/id", hole])
        document: Any = json.loads(template.issue({"/id": "urn:x:y", hole: text}, AT))
        for part in hole[1:].split("/"):
            document = document[int(part) if isinstance(document, list) else part]
        assert document == text


def test_a_language_tag_may_vary() -> None:
    document = credential(name={"@value": "Löten", "@language": "de"})
    template = Template(document, GUILD, ["/name/@language"])
    expected = credential(name={"@value": "Löten", "@language": "en"})
    assert template.issue({"/name/@language": "en"}, AT) == plaudit.issue(expected, GUILD, AT)


def test_a_node_is_a_credential_too() -> None:
    template = Template(AchievementCredential.from_json(credential()), GUILD, ["/id"])
    assert json.loads(template.issue({"/id": "urn:x:y"}, AT))["id"] == "urn:x:y"


@pytest.mark.parametrize(
    "hole",
    [
        "id", "", "/nothing", "/type", "/type/0", "/@context/0", "/issuer/id", "/evidence", "/evidence/5/name",
        "/evidence/x", "/credentialSubject/creditsEarned", "/name/0", "/id/x",
    ],
)  # fmt: skip
def test_what_is_no_hole_is_refused(hole: str) -> None:
    with pytest.raises(ValueError):
        Template(credential(), GUILD, [hole])


def test_a_hole_is_named_once_and_every_hole_wants_its_value() -> None:
    with pytest.raises(ValueError):
        Template(credential(), GUILD, ["/id", "/id"])
    with pytest.raises(ValueError):
        TEMPLATE.issue({"/id": "urn:x"}, AT)
    with pytest.raises(ValueError):
        TEMPLATE.issue(row(3) | {"/name": "x"}, AT)
    with pytest.raises(ValueError):
        TEMPLATE.issue(row(3), AT.replace(tzinfo=None))


BAD: dict[str, Callable[[dict[str, Any]], object]] = {
    "a missing member": lambda document: document.pop("validFrom"),
    "an undefined word": lambda document: document.update(undefined="x"),
    "a proof": lambda document: document.update(proof=[]),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_an_example_that_is_not_good_is_refused_at_once_or_when_issuing(
    change: Callable[[dict[str, Any]], object],
) -> None:
    document = credential()
    change(document)
    with pytest.raises(IssueError):
        Template(document, GUILD, ["/id"]).issue({"/id": "urn:x:y"}, AT)
    with pytest.raises(IssueError):
        Template(credential(), STRANGER, ["/id"])


def test_the_first_and_one_in_a_thousand_are_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["plaudit.issue.template"], "CHECKED_EVERY", 3)
    template = Template(credential(), GUILD, ["/id"])
    proven: list[bytes] = []
    prove = template._prove
    monkeypatch.setattr(
        template, "_prove", lambda document, text: (proven.append(text), prove(document, text))
    )
    signed = [template.issue({"/id": f"urn:x:{number}"}, AT) for number in range(7)]
    assert proven == [signed[0], signed[3], signed[6]]


def test_a_template_gone_wrong_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    template = Template(credential(), GUILD, ["/id"])
    assert template._proved is not None
    monkeypatch.setattr(
        template._proved, "text", template._proved.text.replace("first class", "second class")
    )
    with pytest.raises(IssueError, match="general road"):
        template.issue({"/id": "urn:x:y"}, AT)
    template._token = template._prepare_token()
    monkeypatch.setattr(
        template._token[1], "text", template._token[1].text.replace("first class", "second class")
    )
    with pytest.raises(IssueError, match="token"):
        template.issue_jwt({"/id": "urn:x:y"}, AT)
    template = Template(credential(), GUILD, ["/id"])
    monkeypatch.setattr(canonical, "rdfc_prepared", lambda prepared: b"something else")
    with pytest.raises(IssueError, match="general road"):
        template.issue({"/id": "urn:x:z"}, AT)


def test_many_threads_use_one_template() -> None:
    expected = {number: alone(row(number)) for number in range(8)}
    wrong: list[int] = []

    def work() -> None:
        wrong.extend(n for _ in range(10) for n in expected if TEMPLATE.issue(row(n), AT) != expected[n])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_text_that_is_written_otherwise_than_it_looks_is_left_to_issue() -> None:
    class Shouting(str):
        def __str__(self) -> str:
            return self.upper()

    template = Template(credential(), GUILD, ["/name"])
    for name in ("quiet", Shouting("quiet")):
        assert template.issue({"/name": name}, AT) == plaudit.issue(credential(name="quiet"), GUILD, AT)
