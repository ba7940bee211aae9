"""The first cases: one or more for each of the attacks A1 to A26, with their counterparts that are accepted."""

import json
from datetime import timedelta
from typing import Any

from plaudit import bake
from plaudit.did import Signer, did_key_method
from plaudit.encoding import multibase_encode
from plaudit.proofs import data_integrity
from plaudit.reading import format_date_time
from plaudit.status import MIN_ENTRIES, status_entry
from tests.plaudit.samples import (
    AT,
    DAY,
    EMAIL,
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    LIST,
    METHOD,
    STRANGER,
    SVG,
    credential,
    issuer_document,
    key_of,
    png,
    poison,
    signed,
    status_list,
    web,
)
from tests.vectors.base import (
    ACHIEVEMENT,
    CRED,
    Case,
    Json,
    altered,
    document_with,
    dump,
    list_with,
    method_with,
    plain_list,
    put,
    rename,
    resigned,
    short_list,
)  # fmt: skip


def swap_proof(document: Json) -> None:
    other = json.loads(signed(id="urn:uuid:00000000-0000-4000-8000-000000000002"))
    document["proof"] = other["proof"]


def twice_in_png() -> bytes:
    one, two = bake(png(), signed()), bake(png(), signed(name="Another"))
    start = two.index(b"iTXt") - 4
    end = start + 12 + int.from_bytes(two[start : start + 4])
    return one[:33] + two[start:end] + one[33:]


def twice_in_svg() -> bytes:
    baked = bake(SVG, signed()).decode()
    start = baked.index("<openbadges:credential>")
    end = baked.index("</openbadges:credential>") + len("</openbadges:credential>")
    return (baked[:end] + baked[start:end] + baked[end:]).encode()


UNDEFINED: dict[str, Any] = {
    "string": "MD-1",
    "number": 7,
    "boolean": True,
    "null": None,
    "array": ["MD-1"],
    "object": {"type": ["Profile"]},
}
STOLEN = {"id": "urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d7f01", "type": ["Profile"], "name": "Another"}
OTHER_METHOD = f"{ISSUER}#key-ed25519-2"


def cases() -> dict[str, Case]:
    terms = {"terms": "failed"}
    altered_content = {"proof": "failed", "terms": "passed"}
    refused_key = {"key": "failed"}
    found: dict[str, Case] = {
        "good_pass": Case("the badge that all others are made from", signed()),
        "no_proof_fail": Case("A1", altered(lambda d: d.pop("proof")), {"proof": "failed", "key": "absent"}),
        "empty_proof_fail": Case("A1", altered(put((), "proof", [])), {"proof": "failed"}),
        "value_changed_fail": Case("A2", altered(put(ACHIEVEMENT, "name", "Welding")), altered_content),
        "undefined_type_fail": Case(
            "A3: a type that no context defines", altered(put(ACHIEVEMENT, "type", ["Achievement", "Degree"])), terms
        ),
        "index_keyword_fail": Case(
            "A3: a keyword that no signature covers", altered(put(ACHIEVEMENT, "@index", "PhD")), terms
        ),
        "direction_fail": Case(
            "text direction is lost on the way to the signature",
            altered(put((), "name", {"@value": "Soldering, first class", "@direction": "rtl"})), terms,
        ),
        "relative_address_fail": Case(
            "an address without a scheme is lost", altered(put(("issuer",), "url", "/")), {"model": "failed"}
        ),
        "relative_id_fail": Case(
            "an identifier without a scheme is lost", altered(put(ACHIEVEMENT, "id", "soldering")), terms
        ),
        "key_of_another_fail": Case("A4: issuer did:key A, proof by did:key B", key_of_another(), refused_key),
        "only_authentication_fail": Case(
            "A4: the key is listed for logging in, not for asserting", signed(), refused_key,
            web=document_with(assertionMethod=[], authentication=[METHOD]),
        ),
        "method_of_another_fail": Case(
            "A4: the key's controller is somebody else", signed(), refused_key,
            web=method_with(controller="did:web:evil.example"),
        ),
        "document_of_another_fail": Case(
            "A4: the document is about somebody else", signed(), refused_key,
            web=document_with(id="did:web:evil.example"),
        ),
        "fragment_key_fail": Case("A4: the key is in the fragment of an https address", fragment_key(), refused_key,
            web=web() | {"https://guild.example/issuer": dump({"id": "https://guild.example/issuer"})}),
        "both_key_forms_fail": Case(
            "a method with two forms of its key could mean two keys", signed(), refused_key,
            web=method_with(publicKeyJwk=GUILD.key.public().jwk()),
        ),
        "small_order_key_fail": Case(
            "a key under which anybody can sign", signed(), refused_key,
            web=method_with(publicKeyMultibase=multibase_encode(b"\xed\x01" + bytes(32))),
        ),
        "key_revoked_fail": Case(
            "revoked before now, though the proof says it is older", signed(), refused_key,
            web=method_with(revoked=format_date_time(AT - timedelta(hours=1))),
        ),
        "key_revoked_later_pass": Case(
            "revoked tomorrow", signed(), web=method_with(revoked=format_date_time(AT + DAY))
        ),
        "key_expired_fail": Case(
            "the key's own expiry has passed", signed(), refused_key,
            web=method_with(expires=format_date_time(AT - timedelta(seconds=1))),
        ),
        "second_key_pass": Case(
            "an older key that is still listed beside the newer one", signed(),
            web=document_with(
                verificationMethod=[
                    *issuer_document()["verificationMethod"],
                    {"id": OTHER_METHOD, "type": "Multikey", "controller": ISSUER,
                     "publicKeyMultibase": key_of("guild 2").public().multibase()},
                ],
                assertionMethod=[METHOD, OTHER_METHOD],
            ),
        ),
        "key_unreachable_fail": Case(
            "the issuer's document cannot be read", signed(), {"key": "unknown", "proof": "unknown"}, web={}
        ),
        "inline_context_fail": Case(
            "A5: a word redefined in a context of the document",
            altered(lambda d: d["@context"].append({"narrative": "https://schema.org/name"})), terms,
        ),
        "vocab_fail": Case(
            "A8: a vocabulary that would define everything",
            altered(lambda d: (d["@context"].append({"@vocab": "https://x.example/#"}), d.update(extra="x"))), terms,
        ),
        "nested_context_fail": Case(
            "A7: a protected word redefined inside",
            altered(put(ACHIEVEMENT, "@context", {"name": "https://x.example/#name"})), terms,
        ),
        "nested_null_context_fail": Case(
            "A7: all words taken away", altered(put(ACHIEVEMENT, "@context", None)), terms
        ),
        "nested_vocab_fail": Case(
            "A8 inside", altered(put(ACHIEVEMENT, "@context", {"@vocab": "https://x.example/#"})), terms
        ),
        "unknown_context_fail": Case(
            "a context we have no copy of", altered(lambda d: d["@context"].append("https://x.example/v1")),
            {"terms": "unknown", "proof": "unknown"},
        ),
        "status_spelled_out_fail": Case(
            "the status entry under its IRI: signed, but overlooked by whoever reads JSON",
            altered(rename((), "credentialStatus", CRED + "credentialStatus"), credentialStatus=REVOKED),
            terms, web=list_with(status_list(4711)),
        ),
        "end_spelled_out_fail": Case(
            "the end date under its IRI",
            altered(rename((), "validUntil", CRED + "validUntil", lambda value: {
                "@value": value, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"})),
            terms, at=AT + 3650 * DAY,
        ),
        "second_root_fail": Case(
            "statements about the badge itself, hidden deeper inside",
            altered(put(("issuer",), "parentOrg", STOLEN)), terms,
        ),
        "status_unreachable_fail": Case(
            "A17: nobody answers", signed(), {"status": "unknown"},
            web={ISSUER_DOCUMENT: web()[ISSUER_DOCUMENT]},
        ),
        "status_html_fail": Case("A17: a web page", signed(), {"status": "unknown"}, web=list_with(b"<html>")),
        "status_empty_body_fail": Case("A17: nothing", signed(), {"status": "unknown"}, web=list_with(b"")),
        "status_stale_fail": Case(
            "A17: the list has expired", signed(), {"status": "unknown"},
            web=list_with(status_list(at=AT - 31 * DAY)),
        ),
        "status_empty_array_fail": Case(
            "A18: a status of nothing", resigned(credential(credentialStatus=[])), {"status": "unknown"}
        ),
        "status_unknown_kind_fail": Case(
            "A18: a status of a kind we do not know",
            resigned(credential(credentialStatus={"id": LIST, "type": "https://x.example/#List"})),
            {"status": "unknown"},
        ),
        "no_status_pass": Case("nothing says that it could be revoked", without_status()),
        "expired_fail": Case("A19: one second too late", signed(validUntil=format_date_time(AT)), {"dates": "failed"},
                             at=AT + timedelta(seconds=1)),
        "expired_status_unreachable_fail": Case(
            "A17, A19: out of date, and whether it was taken back before nobody can say",
            signed(validUntil=format_date_time(AT - DAY)), {"dates": "failed", "status": "unknown"},
            web={ISSUER_DOCUMENT: web()[ISSUER_DOCUMENT]},
        ),
        "ended_before_it_began_fail": Case(
            "between an end and a later beginning that clocks would still forgive",
            resigned(credential(
                validFrom=format_date_time(AT + timedelta(minutes=4)), validUntil=format_date_time(AT))),
            {"dates": "failed"},
        ),
        "last_second_pass": Case("A19: the last second counts", signed(validUntil=format_date_time(AT))),
        "not_yet_fail": Case(
            "A19: valid from tomorrow", signed(validFrom=format_date_time(AT + DAY)), {"dates": "failed"}
        ),
        "clock_skew_pass": Case(
            "A19: five minutes of difference between clocks",
            signed(validFrom=format_date_time(AT + timedelta(minutes=5))),
        ),
        "clock_skew_fail": Case(
            "A19: more than five minutes", signed(validFrom=format_date_time(AT + timedelta(minutes=5, seconds=1))),
            {"dates": "failed"},
        ),
        "baked_png_pass": Case("baked into a PNG", bake(png(), signed()), suffix="png"),
        "baked_svg_pass": Case("baked into an SVG", bake(SVG, signed()), suffix="svg"),
        "two_in_png_fail": Case("A20", twice_in_png(), {"parse": "failed"}, suffix="png"),
        "two_in_svg_fail": Case("A20", twice_in_svg(), {"parse": "failed"}, suffix="svg"),
        "token_beside_text_in_svg_fail": Case("A20: one written out, another as a token", bake(SVG, signed()).replace(
            b"<openbadges:credential", b'<openbadges:credential verify="e30.e30.AA"'), {"parse": "failed"},
            suffix="svg"),
        "proof_of_another_fail": Case("A21: the proof of another badge", altered(swap_proof), altered_content),
        "proof_created_fail": Case(
            "A21: the time of signing changed",
            altered(lambda d: d["proof"][0].update(created="2026-11-20T00:00:00Z")), altered_content,
        ),
        "proof_purpose_fail": Case(
            "A21: the purpose changed", altered(lambda d: d["proof"][0].update(proofPurpose="authentication")),
            altered_content,
        ),
        "proof_undefined_member_fail": Case(
            "A21: a member added to the proof", altered(lambda d: d["proof"][0].update(level="gold")), altered_content
        ),
        "proof_expired_fail": Case("the proof itself has expired", expired_proof(), altered_content),
        "proof_unknown_suite_fail": Case(
            "a cryptosuite we do not know", altered(lambda d: d["proof"][0].update(cryptosuite="bbs-2023")),
            {"proof": "unknown"},
        ),
        "two_proofs_pass": Case("one good proof is enough beside an unknown one", two_proofs()),
        "revoked_fail": Case("the bit is set", signed(), {"status": "failed"}, web=list_with(status_list(4711))),
        "suspended_fail": Case(
            "the bit for suspension is set", signed(credentialStatus=status_entry(LIST, "suspension", 9)),
            {"status": "failed"}, web=list_with(status_list(9, purpose="suspension")),
        ),
        "suspension_pass": Case(
            "the bit for suspension is not set", signed(credentialStatus=status_entry(LIST, "suspension", 8)),
            web=list_with(status_list(9, purpose="suspension")),
        ),
        "status_of_another_fail": Case(
            "A26: the list is signed by somebody else", signed(), {"status": "failed"},
            web=list_with(status_list(signer=STRANGER)),
        ),
        "status_purpose_fail": Case(
            "A26: the list is about suspension", signed(), {"status": "failed"},
            web=list_with(status_list(purpose="suspension")),
        ),
        "status_altered_fail": Case(
            "A26: the list was altered", signed(), {"status": "failed"},
            web=list_with(dump(json.loads(status_list()) | {"validFrom": "2026-11-01T00:00:00Z"})),
        ),
        "status_unsigned_fail": Case(
            "A26: the list is not signed", signed(), {"status": "failed"}, web=list_with(dump(plain_list()))
        ),
        "status_short_fail": Case(
            "a list of fewer than 131,072 entries", signed(), {"status": "failed"}, web=list_with(short_list())
        ),
        "status_out_of_range_fail": Case(
            "an index behind the end of the list",
            signed(credentialStatus=status_entry(LIST, "revocation", MIN_ENTRIES)), {"status": "failed"},
        ),
        "recipient_mail_pass": Case("awarded to this address", signed(), recipient=EMAIL.upper()),
        "recipient_fail": Case(
            "awarded to somebody else", signed(), {"recipient": "failed"}, recipient="mallory@mail.example"
        ),
        "not_a_badge_type_fail": Case(
            "the type is taken away", resigned(credential(type=["VerifiableCredential"])), {"model": "unknown"}
        ),
        "no_criteria_fail": Case(
            "signed, but without anything one had to do", without_criteria(), {"model": "failed", "proof": "passed"}
        ),
        "member_twice_fail": Case(
            "a member that is there twice",
            signed().replace(b'"name":"Soldering"', b'"name":"Welding","name":"Soldering"', 1), {"parse": "failed"},
        ),
        "not_a_number_fail": Case("no JSON number", signed().replace(b"2.5", b"NaN"), {"parse": "failed"}),
        "poison_fail": Case(
            "3 kB of nameless objects that all look alike", dump(poison() | {"proof": json.loads(signed())["proof"]}),
            {"proof": "failed"},
        ),
        "jws_fail": Case(
            "a JWT of nothing", b"eyJhbGciOiJFZERTQSJ9.e30.AA", {"parse": "failed"}, suffix="jwt"
        ),
    }  # fmt: skip
    for kind, value in UNDEFINED.items():
        found[f"undefined_{kind}_fail"] = Case(
            f"A3: a {kind} under a word that no context defines",
            altered(put(("credentialSubject",), "medicalLicence", value)), terms,
        )  # fmt: skip
    return found


REVOKED = status_entry(LIST, "revocation", 4711)


def without_status() -> bytes:
    document = credential()
    del document["credentialStatus"]
    return resigned(document)


def without_criteria() -> bytes:
    document = credential()
    del document["credentialSubject"]["achievement"]["criteria"]
    return resigned(document)


def key_of_another() -> bytes:
    document = credential(
        issuer=credential()["issuer"] | {"id": Signer.from_did_key(key_of("victim")).controller}
    )
    return resigned(document, STRANGER)


def fragment_key() -> bytes:
    issuer = "https://guild.example/issuer"
    public = STRANGER.key.public()
    signer = Signer(STRANGER.key, f"{issuer}#{public.multibase()}")
    assert did_key_method(public) != signer.verification_method
    return resigned(credential(issuer=credential()["issuer"] | {"id": issuer}), signer)


def expired_proof() -> bytes:
    document = json.loads(signed())
    proof = {name: value for name, value in document["proof"][0].items() if name != "proofValue"}
    proof["expires"] = format_date_time(AT - timedelta(seconds=1))
    value = GUILD.key.sign(data_integrity.hash_data(document, proof))
    document["proof"] = [proof | {"proofValue": multibase_encode(value)}]
    return dump(document)


def two_proofs() -> bytes:
    document = json.loads(signed())
    document["proof"].insert(0, document["proof"][0] | {"cryptosuite": "bbs-2023"})
    return dump(document)
