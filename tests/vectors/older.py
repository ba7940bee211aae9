"""Cases about Open Badges 2.0: hosted badges and where they stand, signed badges and whose key it is."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from plaudit.issue_ob2 import sign_assertion
from plaudit.keys import KeyType
from plaudit.proofs import jose
from tests.plaudit.guild2 import (
    ADDRESS,
    ASSERTION_2,
    BADGE,
    ISSUER2,
    KEY,
    OUTSIDE,
    REVOKED,
    hosted_web,
    rsa_key,
    signed_web,
    token,
)
from tests.plaudit.samples import EMAIL, key_of
from tests.vectors.base import Case, Json, dump
from tests.vectors.containers import chunk, itxt, picture, svg

FAILED_KEY, FAILED_PROOF = {"key": "failed"}, {"proof": "failed"}
OLD = b"openbadges"


def served(documents: Json) -> dict[str, bytes]:
    return {
        url: document if isinstance(document, bytes) else dump(document)
        for url, document in documents.items()
    }


def hosted(
    change: Callable[[Json], Any] = lambda documents: None, *, pasted: bool = False
) -> tuple[bytes, dict[str, bytes]]:
    """The assertion as it is given, and the web; what is given is what stood there before the change, if `pasted`."""
    documents = deepcopy(hosted_web())
    before = dump(documents[ADDRESS])
    change(documents)
    found = documents.get(ADDRESS)
    return before if pasted or not isinstance(found, dict) else dump(found), served(documents)


def put(url: str, **changes: Any) -> Callable[[Json], None]:
    def change(documents: Json) -> None:
        merged = documents[url] | changes
        documents[url] = {name: value for name, value in merged.items() if value is not None}

    return change


def moved(address: str, **changes: Any) -> tuple[bytes, dict[str, bytes]]:
    """The assertion at another address, and nowhere else."""
    documents = deepcopy(hosted_web())
    documents[address] = documents.pop(ADDRESS) | {"id": address}
    documents[ISSUER2] |= changes
    return dump(documents[address]), served(documents)


def scope(**verification: Any) -> Json:
    return {"verification": {"type": "VerificationObject", **verification}}


def hosted_cases() -> dict[str, Case]:
    good, bad = {
        "pass": hosted(),
        "address_of_the_picture_pass": (picture(itxt(ADDRESS.encode(), OLD)), served(hosted_web())),
        "same_host_pass": moved("https://guild.example/elsewhere"),
        "allowed_origin_pass": moved(OUTSIDE, **scope(allowedOrigins="evil.example")),
        "starts_with_pass": moved("https://guild.example/2/a/7", **scope(startsWith="https://guild.example/2/a/")),
        "starts_with_several_pass": moved("https://guild.example/2/a/7", **scope(
            startsWith=["https://other.example/", "https://guild.example/2/"])),
        "without_end_pass": hosted(put(ADDRESS, expires=None)),
        "unknown_words_pass": hosted(put(ADDRESS, favourite="tin")),
    }, {
        "gone_fail": (hosted(lambda d: d.pop(ADDRESS), pasted=True), {"proof": "unknown"}),
        "other_id_fail": (hosted(put(ADDRESS, id=f"{ADDRESS}0"), pasted=True), FAILED_PROOF),
        "on_another_host_fail": (moved(OUTSIDE), FAILED_KEY),
        "on_a_lookalike_host_fail": (moved("https://guild.example.evil.test/2/a/1"), FAILED_KEY),
        "on_a_user_of_the_host_fail": (moved("https://guild.example@evil.test/2/a/1"), None),
        "on_another_port_fail": (moved("https://guild.example:8443/2/a/1"), FAILED_KEY),
        "on_a_subdomain_fail": (moved("https://a.guild.example/2/a/1"), FAILED_KEY),
        "outside_starts_with_fail": (moved("https://guild.example/3/a/1", **scope(
            startsWith="https://guild.example/2/")), FAILED_KEY),
        "starts_with_a_prefix_of_the_host_fail": (moved("https://guild.example.evil.test/2/a/1", **scope(
            startsWith="https://guild.example")), FAILED_KEY),
        "starts_with_climbing_out_fail": (moved("https://guild.example/2/../3/a", **scope(
            startsWith="https://guild.example/2/")), None),
        "not_an_allowed_origin_fail": (hosted(put(ISSUER2, **scope(allowedOrigins="other.example"))), FAILED_KEY),
        "issuer_urn_fail": (hosted(lambda d: (d[BADGE].update(issuer=d[ISSUER2] | {"id": "urn:x:1"}))), FAILED_KEY),
        "badge_gone_fail": (hosted(lambda d: d.pop(BADGE)), {"key": "unknown"}),
        "issuer_gone_fail": (hosted(lambda d: d.pop(ISSUER2)), {"key": "unknown"}),
        "badge_of_another_id_fail": (hosted(put(BADGE, id="https://guild.example/2/b/welding")), {"key": "unknown"}),
        "issuer_of_another_id_fail": (hosted(put(ISSUER2, id="https://evil.example/issuer")), {"key": "unknown"}),
        "revoked_fail": (hosted(put(ADDRESS, revoked=True, revocationReason="Cheated.")), {"status": "failed"}),
        "expired_fail": (hosted(put(ADDRESS, expires="2026-11-21T00:00:00Z")), {"dates": "failed"}),
        "not_yet_fail": (hosted(put(ADDRESS, issuedOn="2026-11-23T00:00:00Z")), {"dates": "failed"}),
        "expires_before_issued_fail": (hosted(put(ADDRESS, expires="2026-10-01T00:00:00Z")), {"dates": "failed"}),
        "without_date_fail": (hosted(put(ADDRESS, issuedOn=None)), {"model": "failed"}),
        "without_recipient_fail": (hosted(put(ADDRESS, recipient=None)), {"model": "failed"}),
        "badge_without_name_fail": (hosted(put(BADGE, name=None)), {"model": "failed"}),
        "badge_without_criteria_fail": (hosted(put(BADGE, criteria=None)), {"model": "failed"}),
        "issuer_without_name_fail": (hosted(put(ISSUER2, name=None)), {"model": "failed"}),
        "own_context_fail": (hosted(put(ADDRESS, **{"@context": [
            "https://w3id.org/openbadges/v2", {"name": "https://x.example/#n"}]})), {"terms": "unknown"}),
        "page_for_people_fail": (hosted(lambda d: d.update({ADDRESS: b"<html></html>"}), pasted=True), None),
        "signed_kind_without_signature_fail": (
            hosted(put(ADDRESS, verification={"type": "SignedBadge"})), FAILED_PROOF),
        "neither_kind_fail": (hosted(put(ADDRESS, verification={"type": "Promise"})), None),
    }  # fmt: skip
    found = {
        f"hosted_{name}": Case(
            "Open Badges 2.0, hosted", badge, web=web, suffix="png" if badge[:1] == b"\x89" else "json"
        )
        for name, (badge, web) in good.items()
    }
    found |= {
        f"hosted_{name}": Case("Open Badges 2.0, hosted", badge, expect or {}, web=web)
        for name, ((badge, web), expect) in bad.items()
    }
    badge, web = hosted()
    richer = hosted(put(ADDRESS, narrative="A doctorate."), pasted=False)[0]
    return found | {
        "hosted_recipient_pass": Case("Open Badges 2.0: awarded to this address", badge, web=web, recipient=EMAIL),
        "hosted_recipient_fail": Case("Open Badges 2.0: awarded to somebody else", badge, {"recipient": "failed"},
                                      web=web, recipient="mallory@mail.example"),
        "hosted_other_words_pass": Case("A15: what is given says more than what is hosted, which alone is shown",
                                        richer, web=web),
    }  # fmt: skip


def by(kind: KeyType, **header: Any) -> bytes:
    """The assertion in a JWS of another key or header."""
    payload = jose.read_payload(token())
    return jose.sign(dump(payload), key_of("evil", kind), header).encode()


def signed_cases() -> dict[str, Case]:
    good = served(signed_web())

    def changed(url: str, **changes: Any) -> dict[str, bytes]:
        documents = deepcopy(signed_web())
        put(url, **changes)(documents)
        return served(documents)

    def without(url: str) -> dict[str, bytes]:
        return {address: body for address, body in good.items() if address != url}

    listed = {"id": ADDRESS, "revocationReason": "Cheated."}
    head, payload, signature = token().split(".")
    table: dict[str, tuple[bytes, dict[str, bytes], dict[str, str] | None]] = {
        "pass": (token().encode(), good, None),
        "in_png_pass": (picture(itxt(token().encode(), OLD)), good, None),
        "in_text_chunk_pass": (picture(chunk(b"tEXt", OLD + b"\0" + token().encode())), good, None),
        "in_svg_pass": (svg(b'<ob:assertion xmlns:ob="http://openbadges.org" verify="' + token().encode() + b'"/>'),
                        good, None),
        "another_is_revoked_pass": (token().encode(), changed(REVOKED, revokedAssertions=["urn:uuid:x"]), None),
        "no_list_pass": (token().encode(), changed(ISSUER2, revocationList=None), None),
        "not_signed_fail": (dump(jose.read_payload(token())), good, FAILED_PROOF),
        "altered_fail": (f"{head}.{payload[:-2]}AA.{signature}".encode(), good, None),
        "signature_empty_fail": (f"{head}.{payload}.".encode(), good, None),
        "of_another_key_fail": (by(KeyType.RSA), good, FAILED_PROOF),
        "eddsa_for_rsa_fail": (by(KeyType.ED25519), good, FAILED_PROOF),
        "key_in_the_header_fail": (by(KeyType.RSA, jwk=key_of("evil", KeyType.RSA).public().jwk()), good, FAILED_PROOF),
        "key_gone_fail": (token().encode(), without(KEY), {"key": "unknown"}),
        "key_of_another_owner_fail": (token().encode(), changed(KEY, owner="https://evil.example/"), FAILED_KEY),
        "key_not_listed_fail": (
            token().encode(), changed(ISSUER2, publicKey="https://guild.example/2/key2"), FAILED_KEY),
        "key_of_another_fail": (token().encode(), changed(KEY, publicKeyPem=key_of(
            "evil", KeyType.RSA).public().pem().decode()), FAILED_PROOF),
        "key_damaged_fail": (token().encode(), changed(KEY, publicKeyPem="-----BEGIN PUBLIC KEY-----"), None),
        "creator_of_another_fail": (
            sign_assertion(ASSERTION_2, rsa_key(), "https://evil.example/key").encode(), good, None),
        "revoked_fail": (token().encode(), changed(REVOKED, revokedAssertions=[listed]), {"status": "failed"}),
        "revoked_plainly_fail": (token().encode(), changed(REVOKED, revokedAssertions=[ADDRESS]), {"status": "failed"}),
        "list_gone_fail": (token().encode(), without(REVOKED), {"status": "unknown"}),
        "list_of_another_fail": (token().encode(), changed(REVOKED, issuer="https://evil.example/"),
                                 {"status": "unknown"}),
        "expired_fail": (sign_assertion(replace(ASSERTION_2, expires="2026-11-21T00:00:00Z"), rsa_key(), KEY).encode(),
                         good, {"dates": "failed"}),
        "hosted_kind_fail": (jose.sign(dump(jose.read_payload(token()) | {"verification": {"type": "HostedBadge"}}),
                                       rsa_key(), {}).encode(), good, FAILED_PROOF),
        "twice_in_png_fail": (picture(itxt(token().encode(), OLD), itxt(token().encode(), OLD)), good,
                              {"parse": "failed"}),
    }  # fmt: skip
    suffixes = {b"\x89": "png", b"<": "svg", b"{": "json"}
    return {
        f"signed_{name}": Case("Open Badges 2.0, signed", badge, expect or {}, web=web,
                               suffix=suffixes.get(badge[:1], "jwt"))
        for name, (badge, web, expect) in table.items()
    }  # fmt: skip


def cases() -> dict[str, Case]:
    return hosted_cases() | signed_cases()
