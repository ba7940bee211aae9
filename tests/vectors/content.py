"""Cases about words, values and the data model: each member altered, taken away, or of the wrong kind."""

import json
from collections.abc import Iterator
from typing import Any

from plaudit.reading import format_date_time
from tests.plaudit.samples import AT, DAY, EMAIL, NAME, credential, signed
from tests.vectors.base import ACHIEVEMENT, Case, Json, altered, put, resigned

SUBJECT = ("credentialSubject",)
ISSUER = ("issuer",)
ALIGNMENT = (*ACHIEVEMENT, "alignment", 0)
DESCRIPTION = (*ACHIEVEMENT, "resultDescription", 0)
RESULT = (*SUBJECT, "result", 0)
IDENTITY = (*SUBJECT, "identifier", 0)
EVIDENCE = ("evidence", 0)
Path = tuple[str | int, ...]


def with_member(path: Path, name: str, value: Any) -> bytes:
    """A badge signed with that member set; None takes it away. Signed by whoever does not care."""
    document = credential()
    place: Any = document
    for step in path:
        place = place[step]
    place.pop(name, None)
    if value is not None:
        place[name] = value
    return resigned(document)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def name_of(path: Path) -> str:
    words = [str(part).strip("@") for part in path if not isinstance(part, int)]
    numbers = [str(part) for part in path if isinstance(part, int) and part]
    return "_".join([*words[-3:], *numbers]).lower()


def another(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value.startswith("20") and "T" in value:
        return "2026-10-30T09:00:00Z"
    return value + "x" if ":" not in value else value + "/x"


def altered_leaves() -> dict[str, Case]:
    """A2: every single value of a signed badge, changed after it was signed."""
    found = {}
    for path, value in leaves(credential()):
        if path[0] in ("@context", "credentialStatus") or "type" in path[-2:]:
            continue
        changed = altered(put(path[:-1], path[-1], another(value)))  # type: ignore[arg-type]
        expect = {"key": "failed"} if path == (*ISSUER, "id") else {"proof": "failed"}
        name = f"altered_{name_of(path)}_fail"
        assert name not in found, name
        found[name] = Case(f"A2: /{'/'.join(map(str, path))} changed after signing", changed, expect)
    return found


REQUIRED: list[tuple[Path, str]] = [
    ((), "id"), ((), "issuer"), ((), "validFrom"), ((), "credentialSubject"),
    (ISSUER, "id"), (SUBJECT, "achievement"),
    (ACHIEVEMENT, "id"), (ACHIEVEMENT, "name"), (ACHIEVEMENT, "description"),
    ((*ACHIEVEMENT, "image"), "id"), (ALIGNMENT, "targetName"), (ALIGNMENT, "targetUrl"),
    (DESCRIPTION, "id"), (DESCRIPTION, "name"), (DESCRIPTION, "resultType"),
    (IDENTITY, "hashed"), (IDENTITY, "identityHash"), (IDENTITY, "identityType"),
]  # fmt: skip
TYPED: list[Path] = [
    ISSUER, (*ISSUER, "address"), SUBJECT, ACHIEVEMENT, (*ACHIEVEMENT, "image"), ALIGNMENT, DESCRIPTION, RESULT,
    IDENTITY, EVIDENCE,
]  # fmt: skip
WRONG: dict[str, tuple[Path, str, Any]] = {
    "name_number": (ACHIEVEMENT, "name", 5),
    "name_boolean": (ACHIEVEMENT, "name", True),
    "name_object": (ACHIEVEMENT, "name", {"id": "urn:x:1"}),
    "description_number": (ACHIEVEMENT, "description", 5),
    "criteria_text": (ACHIEVEMENT, "criteria", "https://guild.example/criteria"),
    "criteria_empty": (ACHIEVEMENT, "criteria", {"id": ""}),
    "image_text": (ACHIEVEMENT, "image", "https://guild.example/b.png"),
    "image_caption_number": ((*ACHIEVEMENT, "image"), "caption", 7),
    "achievement_text": (SUBJECT, "achievement", "https://guild.example/b/soldering/v1"),
    "issuer_number": ((), "issuer", 5),
    "issuer_relative": ((), "issuer", "guild"),
    "issuer_url_words": (ISSUER, "url", "see our page"),
    "credits_text": (SUBJECT, "creditsEarned", "2.5"),
    "hashed_text": (IDENTITY, "hashed", "true"),
    "hash_number": (IDENTITY, "identityHash", 5),
    "start_words": (SUBJECT, "activityStartDate", "last autumn"),
    "start_american": (SUBJECT, "activityStartDate", "09/01/2026"),
    "result_description_relative": (RESULT, "resultDescription", "joints"),
    "result_value_number": (RESULT, "value", 12),
    "evidence_text": ((), "evidence", ["a photograph"]),
    "identifier_text": (SUBJECT, "identifier", [EMAIL]),
    "target_relative": (ALIGNMENT, "targetUrl", "joining"),
    "tag_number": (ACHIEVEMENT, "tag", [5]),
    "valid_from_without_zone": ((), "validFrom", "2026-11-01T09:00:00"),
    "valid_from_day_only": ((), "validFrom", "2026-11-01"),
    "valid_from_number": ((), "validFrom", 1793523600),
    "valid_from_impossible": ((), "validFrom", "2026-02-30T09:00:00Z"),
    "valid_from_array": ((), "validFrom", ["2026-11-01T09:00:00Z"]),
    "valid_until_words": ((), "validUntil", "never"),
    "valid_until_without_zone": ((), "validUntil", "2028-11-01T09:00:00"),
    "valid_until_leap_second": ((), "validUntil", "2028-12-31T23:59:60Z"),
    "valid_until_24_hours": ((), "validUntil", "2028-12-31T24:00:00Z"),
    "awarded_without_zone": ((), "awardedDate", "2026-10-31T09:00:00"),
    "no_contexts_order": ((), "@context", [*reversed(credential()["@context"])]),
    "only_one_context": ((), "@context", credential()["@context"][:1]),
    "identity_extra_member": (IDENTITY, "comment", "x"),
    "image_extra_member": ((*ACHIEVEMENT, "image"), "name", "x"),
    "status_without_type": ((), "credentialStatus", {"id": "https://guild.example/status/1#5"}),
    "evidence_without_type": ((), "evidence", [{"name": "Ten joints"}]),
}
"""Signed, but not what the standard asks for: refused by check 2 or 3."""

WITHOUT_MEANING: dict[str, tuple[Path, str, Any]] = {
    "graph_keyword": ((), "@graph", [{"id": "urn:x:1"}]),
    "included_keyword": ((), "@included", [{"id": "urn:x:1", "name": "x"}]),
    "reverse_keyword": (ACHIEVEMENT, "@reverse", {"name": {"id": "urn:x:1"}}),
    "nest_keyword": (ACHIEVEMENT, "@nest", {"name": "PhD"}),
    "set_object": (ACHIEVEMENT, "name", {"@set": ["Soldering"]}),
    "list_object": (ACHIEVEMENT, "tag", {"@list": ["craft"]}),
    "unknown_keyword": (ACHIEVEMENT, "@degree", "PhD"),
    "keyword_like_value": (ACHIEVEMENT, "id", "@degree"),
    "type_number": (ACHIEVEMENT, "type", ["Achievement", 5]),
    "type_relative": ((), "type", ["VerifiableCredential", "OpenBadgeCredential", "./Degree"]),
    "nested_array": (ACHIEVEMENT, "tag", [["craft"]]),
    "blank_label": (EVIDENCE, "id", "_:b0"),
    "blank_label_of_the_subject": (SUBJECT, "source", {"id": "_:b0", "type": ["Profile"]}),
    "id_as_keyword": (SUBJECT, "source", {"@id": "urn:x:1", "type": ["Profile"]}),
    "type_as_keyword": (SUBJECT, "source", {"id": "urn:x:1", "@type": ["Profile"]}),
    "id_number": (ACHIEVEMENT, "id", 5),
    "id_with_space": (ACHIEVEMENT, "id", "https://guild.example/b soldering"),
    "id_with_quote": (ACHIEVEMENT, "id", 'https://guild.example/"b"'),
    "id_empty": (ACHIEVEMENT, "id", ""),
    "id_path_only": (ACHIEVEMENT, "id", "/b/soldering"),
    "language_without_text": (ACHIEVEMENT, "name", {"@value": 5, "@language": "en"}),
    "language_malformed": (ACHIEVEMENT, "name", {"@value": "x", "@language": "en us"}),
    "value_null": (ACHIEVEMENT, "name", {"@value": None}),
    "value_array": (ACHIEVEMENT, "name", {"@value": ["x"]}),
    "value_with_member": (ACHIEVEMENT, "name", {"@value": "x", "name": "y"}),
    "context_of_the_proof": (ACHIEVEMENT, "@context", "https://w3id.org/security/data-integrity/v9"),
    "word_as_iri": (ACHIEVEMENT, "https://schema.org/name", "PhD"),
    "end_of_a_record": (SUBJECT, "validUntil", "2020-01-01T00:00:00Z"),
}

JSON: dict[str, tuple[str, Any]] = {
    "infinity": ("a number that JSON has not", lambda b: b.replace(b"2.5", b"Infinity")),
    "negative_infinity": ("a number that JSON has not", lambda b: b.replace(b"2.5", b"-Infinity")),
    "huge_number": ("a number beyond every double", lambda b: b.replace(b"2.5", b"1e999")),
    "huge_integer": ("an integer of a thousand digits", lambda b: b.replace(b"2.5", b"9" * 1000)),
    "leading_zero": ("a number with a zero before it", lambda b: b.replace(b"2.5", b"02.5")),
    "hex_number": ("a hexadecimal number", lambda b: b.replace(b"2.5", b"0x2")),
    "plus_sign": ("a number with a plus", lambda b: b.replace(b"2.5", b"+2.5")),
    "trailing_comma": ("a comma before the end", lambda b: b[:-1] + b",}"),
    "single_quotes": ("quotes of another language", lambda b: b.replace(b'"role"', b"'role'")),
    "comment": ("a comment", lambda b: b"// a badge\n" + b),
    "two_documents": ("two documents in one file", lambda b: b + b),
    "cut_short": ("the last byte is missing", lambda b: b[:-1]),
    "empty": ("nothing at all", lambda b: b""),
    "only_spaces": ("spaces", lambda b: b" \n"),
    "array": ("a badge in an array", lambda b: b"[" + b + b"]"),
    "text": ("a badge in a string", lambda b: json.dumps(b.decode()).encode()),
    "null": ("null", lambda b: b"null"),
    "utf16": ("UTF-16", lambda b: b.decode().encode("utf-16")),
    "latin1": ("a byte that is no UTF-8", lambda b: b.replace("☃".encode(), b"\xe9")),
    "lone_surrogate": ("half a character", lambda b: b.replace("☃".encode(), b"\\ud83d")),
    "surrogate_bytes": ("half a character as bytes", lambda b: b.replace("☃".encode(), b"\xed\xa0\xbd")),
    "raw_control": ("a control character inside a text", lambda b: b.replace("☃".encode(), b"\x01")),
    "too_deep": ("a thousand levels", lambda b: b[:-1] + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}"),
    "member_twice_by_escape": (
        "the same member twice, once written with an escape",
        lambda b: b.replace(b'"role":', b'"r\\u006fle":"master","role":'),
    ),
    "proof_twice": ("two members called proof", lambda b: b[:-1] + b',"proof":[]}'),
    "web_page": ("a web page", lambda b: b"<!doctype html><title>Badge</title>"),
    "jpeg": ("a photograph of a badge", lambda b: b"\xff\xd8\xff\xe0" + bytes(64)),
    "pdf": ("a certificate on paper", lambda b: b"%PDF-1.7\n"),
    "webp": ("a picture of another kind", lambda b: b"RIFF\x10\0\0\0WEBPVP8 "),
    "gif": ("a picture of another kind", lambda b: b"GIF89a" + bytes(16)),
}
"""What is no JSON text of a badge: each must be refused by check 1, whatever else a lenient parser makes of it."""

SPELLINGS: dict[str, tuple[str, Any]] = {
    "indented": ("indented", lambda b: json.dumps(json.loads(b), indent=2).encode()),
    "other_order": (
        "the members in another order", lambda b: json.dumps(json.loads(b), sort_keys=True).encode()),
    "byte_order_mark": ("a byte order mark before it", lambda b: b"\xef\xbb\xbf" + b),
    "all_escaped": ("every letter beyond ASCII escaped", lambda b: json.dumps(json.loads(b)).encode()),
    "slash_escaped": ("slashes escaped", lambda b: b.replace(b"/", b"\\/")),
    "member_escaped": ("a member's name written with an escape", lambda b: b.replace(b'"role"', b'"r\\u006fle"')),
    "number_exponent": ("the same number in another spelling", lambda b: b.replace(b"2.5", b"25e-1")),
    "number_zeros": ("the same number with zeros behind it", lambda b: b.replace(b"2.5", b"2.50")),
    "newline_at_the_end": ("a line break behind it", lambda b: b + b"\n"),
}  # fmt: skip
"""The same badge spelled otherwise: what was signed is the content."""

OPTIONAL: dict[str, tuple[Path, str, Any]] = {
    "badge_image": ((), "image", {"id": "https://guild.example/b/1.png", "type": "Image", "caption": "A badge"}),
    "badge_description": ((), "description", "For ten joints that hold."),
    "no_end": ((), "validUntil", None),
    "no_evidence": ((), "evidence", None),
    "no_award_date": ((), "awardedDate", None),
    "issuer_all": ((), "issuer", credential()["issuer"] | {
        "description": "We join.", "email": "desk@guild.example", "phone": "+353 1 5550100", "official": "The master",
        "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "12", "identifierType": "sourcedId"}],
        "parentOrg": {"id": "https://union.example/", "type": ["Profile"], "name": "The union"},
        "image": {"id": "https://guild.example/logo.png", "type": "Image"},
    }),
    "issuer_place": ((*ISSUER, "address"), "geo", {"type": "GeoCoordinates", "latitude": 53.25, "longitude": -6.5}),
    "creator": (ACHIEVEMENT, "creator", {"id": "https://union.example/", "type": ["Profile"], "name": "The union"}),
    "credits": (ACHIEVEMENT, "creditsAvailable", 3.5),
    "field_of_study": (ACHIEVEMENT, "fieldOfStudy", "Electronics"),
    "human_code": (ACHIEVEMENT, "humanCode", "SOL-1"),
    "in_language": (ACHIEVEMENT, "inLanguage", "en-IE"),
    "specialization": (ACHIEVEMENT, "specialization", "Tubes"),
    "version": (ACHIEVEMENT, "version", "1.0"),
    "related": (ACHIEVEMENT, "related", [
        {"id": "https://guild.example/b/brazing/v1", "type": ["Related"], "inLanguage": "en", "version": "1"}]),
    "other_identifier": (ACHIEVEMENT, "otherIdentifier", [
        {"type": "IdentifierEntry", "identifier": "4711", "identifierType": "identifier"}]),
    "criteria_address": (ACHIEVEMENT, "criteria", {"id": "https://guild.example/criteria"}),
    "criteria_both": (ACHIEVEMENT, "criteria", {"id": "https://guild.example/criteria", "narrative": "Ten joints."}),
    "extension_type": (ACHIEVEMENT, "achievementType", "ext:Soldering"),
    "rubric": (DESCRIPTION, "rubricCriterionLevel", [
        {"id": "https://guild.example/b/soldering/v1#good", "type": ["RubricCriterionLevel"], "name": "Good",
         "level": "2", "points": "10", "description": "None broke."}]),
    "result_level": (RESULT, "achievedLevel", "https://guild.example/b/soldering/v1#good"),
    "result_status": (RESULT, "status", "Completed"),
    "result_range": (DESCRIPTION, "valueMax", "12"),
    "subject_dates": (SUBJECT, "activityEndDate", "2026-10-30"),
    "licence": (SUBJECT, "licenseNumber", "MG-7"),
    "subject_narrative": (SUBJECT, "narrative", "Did it *twice*."),
    "term": (SUBJECT, "term", "Autumn"),
    "source": (SUBJECT, "source", {"id": "https://union.example/", "type": ["Profile"], "name": "The union"}),
    "subject_without_id": (SUBJECT, "id", None),
    "subject_without_identifiers": (SUBJECT, "identifier", None),
    "alignment_all": (ACHIEVEMENT, "alignment", [credential()["credentialSubject"]["achievement"]["alignment"][0] | {
        "targetCode": "J1", "targetDescription": "Metals", "targetFramework": "Skills", "targetType": "CFItem"}]),
    "evidence_all": ((), "evidence", [{"id": "https://eve.example/joints", "type": ["Evidence"], "name": "Joints",
        "narrative": "A photograph.", "description": "Of ten.", "genre": "Photograph", "audience": "Masters"}]),
    "several_evidence": ((), "evidence", [{"type": ["Evidence"], "name": str(number)} for number in range(3)]),
    "name_in_a_language": (ACHIEVEMENT, "name", {"@value": "Löten", "@language": "de"}),
    "single_values": (ACHIEVEMENT, "tag", "craft"),
    "date_with_offset": ((), "validFrom", "2026-11-01T10:00:00+01:00"),
    "date_with_fraction": ((), "validFrom", "2026-11-01T09:00:00.123456789Z"),
    "day_with_zone": (SUBJECT, "activityStartDate", "2026-09-01T09:00:00Z"),
    "unicode_words": (ACHIEVEMENT, "name", "锡焊 \U0001f525 e\u0301 \u202dx\u202c \u2028"),
    "control_words": (ACHIEVEMENT, "description", "\u0001\b\t\n\f\r\"\\\u007f\u0085"),
    "long_words": (ACHIEVEMENT, "description", "Solder. " * 2000),
    "integer_credits": (SUBJECT, "creditsEarned", 30),
    "unicode_address": (ACHIEVEMENT, "id", "https://guild.example/löten"),
    "other_scheme": (ACHIEVEMENT, "id", "urn:isbn:0451450523"),
    "own_schema": ((), "credentialSchema", [{"type": "1EdTechJsonSchemaValidator2019",
        "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"}]),
}  # fmt: skip
"""What a badge may have, and need not: each is accepted, and signed with the rest."""


def cases() -> dict[str, Case]:
    found = altered_leaves()
    for path, name in REQUIRED:
        where = name_of((*path, name))
        found[f"without_{where}_fail"] = Case(
            f"signed without /{'/'.join(map(str, (*path, name)))}",
            with_member(path, name, None),
            {"model": "failed"},
        )
    for path in TYPED:
        found[f"untyped_{name_of(path)}_fail"] = Case(
            f"signed without the type of {path}", with_member_unchecked(path, "type", None)
        )
    for name, (path, member, value) in WRONG.items():
        found[f"wrong_{name}_fail"] = Case(f"/{'/'.join(map(str, (*path, member)))} is {json.dumps(value)[:60]}",
                                           with_member_unchecked(path, member, value))  # fmt: skip
    for name, (path, member, value) in WITHOUT_MEANING.items():
        found[f"meaningless_{name}_fail"] = Case(
            f"A3: /{'/'.join(map(str, (*path, member)))} has no signed meaning",
            altered(put(path, member, value)),  # type: ignore[arg-type]
        )
    for name, (about, change) in JSON.items():
        found[f"json_{name}_fail"] = Case(about, change(signed()), {"parse": "failed"})
    for name, (about, change) in SPELLINGS.items():
        found[f"spelled_{name}_pass"] = Case(about, change(signed()))
    for name, (path, member, value) in OPTIONAL.items():
        document = with_schema(with_member, path, member, value) if name == "own_schema" else None
        found[f"with_{name}_pass"] = Case(
            f"/{'/'.join(map(str, (*path, member)))}", document or with_member(path, member, value)
        )
    return found | periods() | recipients() | schemas() | resources()


def with_member_unchecked(path: Path, name: str, value: Any) -> bytes:
    """The same, for what cannot be signed at all: then the proof of the good badge stays on it."""
    from plaudit.errors import ComplexityError, TermsError

    try:
        return with_member(path, name, value)
    except (TermsError, ComplexityError):
        return altered(put(path, name, value))  # type: ignore[arg-type]


EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"


def with_schema(_: Any, path: Path, name: str, value: Any) -> bytes:
    document: Json = credential() | {name: value}
    return resigned(document | {"@context": [*document["@context"], EXTENSIONS]})


def schemas() -> dict[str, Case]:
    foreign = [{"type": "1EdTechJsonSchemaValidator2019", "id": "https://x.example/strict.json"}]
    return {
        "schema_of_another_fail": Case(
            "asks to be held against rules we do not have", with_schema(None, (), "credentialSchema", foreign),
            {"model": "unknown"},
        ),
    }  # fmt: skip


def resources() -> dict[str, Case]:
    """VCDM 2.0 section 5.3."""
    one = {"id": "https://guild.example/b/soldering/v1.png", "digestSRI": "sha256-" + "A" * 43 + "="}
    two = {
        "id": "https://guild.example/rules.pdf",
        "digestMultibase": "uELq9FnJ5YLa5iAszyJ518bXcnlc5P7xp1u-5uJRDYKvc",
    }

    def related(*items: Json) -> bytes:
        return resigned(credential(relatedResource=list(items)))

    return {
        "resources_pass": Case("two resources, each with a digest", related(one, two)),
        "resource_twice_fail": Case(
            "one resource with two digests", related(one, two | {"id": one["id"]}), {"model": "failed"}),
        "resource_without_digest_fail": Case(
            "a resource without a digest", related(one, {"id": two["id"]}), {"model": "failed"}),
        "resource_without_id_fail": Case(
            "a digest of nobody knows what", related(one, {"digestSRI": one["digestSRI"]}), {"model": "failed"}),
    }  # fmt: skip


def periods() -> dict[str, Case]:
    return {
        "first_second_pass": Case("valid from now", signed(validFrom=format_date_time(AT))),
        "long_ago_fail": Case(
            "expired for years",
            signed(validUntil="2026-11-02T00:00:00Z"),
            {"dates": "failed"},
            at=AT + 900 * DAY,
        ),
        "ends_before_it_begins_fail": Case(
            "valid until before it is valid",
            resigned(credential(validUntil="2026-10-01T00:00:00Z")),
            {"dates": "failed"},
        ),
        "year_9999_pass": Case("valid for ever", signed(validUntil="9999-12-31T23:59:59Z")),
        "year_10000_fail": Case(
            "a year of five digits",
            with_member((), "validUntil", "10000-01-01T00:00:00Z"),
            {"model": "failed"},
        ),
        "other_side_of_the_date_line_pass": Case(
            "the last second, written in another zone", signed(validUntil="2026-11-23T02:00:00+14:00")
        ),
    }


def recipients() -> dict[str, Case]:
    other = {"recipient": "failed"}
    return {
        "recipient_name_pass": Case("awarded to somebody of this name", signed(), recipient=NAME),
        "recipient_spaces_pass": Case("typed with spaces around it", signed(), recipient=f"  {EMAIL} "),
        "recipient_id_pass": Case(
            "the id of the subject", signed(), recipient=credential()["credentialSubject"]["id"]
        ),
        "recipient_clear_pass": Case(
            "an address in clear", with_member(SUBJECT, "identifier", [
                {"type": "IdentityObject", "hashed": False, "identityHash": EMAIL, "identityType": "emailAddress"}]),
            recipient=EMAIL,
        ),
        "recipient_clear_of_another_fail": Case(
            "somebody else's address in clear", with_member(SUBJECT, "identifier", [
                {"type": "IdentityObject", "hashed": False, "identityHash": EMAIL, "identityType": "emailAddress"}]),
            other, recipient="mallory@mail.example",
        ),
        "recipient_hash_itself_fail": Case(
            "the hash typed instead of the address", signed(), other,
            recipient=credential()["credentialSubject"]["identifier"][0]["identityHash"],
        ),
        "recipient_empty_fail": Case("nobody", signed(), other, recipient=""),
        "recipient_prefix_fail": Case("the beginning of the address", signed(), other, recipient=EMAIL[:-1]),
        "recipient_nobody_fail": Case(
            "the badge names nobody", with_member(SUBJECT, "identifier", None), {"recipient": "unknown"},
            recipient=EMAIL,
        ),
    }  # fmt: skip
