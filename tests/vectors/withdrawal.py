"""Cases about the list of withdrawn badges, and about what the badge says of it."""

import gzip
import json
from datetime import timedelta
from typing import Any

from plaudit.encoding import base64url_encode
from plaudit.status import MIN_ENTRIES, StatusBits, status_entry
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER_DOCUMENT,
    LIST,
    STRANGER,
    credential,
    issuer_document,
    signed,
    status_list,
    web,
)
from tests.vectors.base import Case, Json, dump, list_with, plain_list, resigned

ENTRY = status_entry(LIST, "revocation", 4711)
SECOND = "https://guild.example/status/2"
FAILED, UNKNOWN = {"status": "failed"}, {"status": "unknown"}


def with_entry(**changes: Any) -> bytes:
    """A badge whose status entry differs; None takes a member away."""
    entry = {name: value for name, value in (ENTRY | changes).items() if value is not None}
    return resigned(credential(credentialStatus=entry))


def list_of(**subject: Any) -> dict[str, bytes]:
    """The web with a list whose subject differs, signed by the issuer."""
    document = plain_list()
    merged = document["credentialSubject"] | subject
    document["credentialSubject"] = {name: value for name, value in merged.items() if value is not None}
    return list_with(resigned(document))


def encoded(data: bytes) -> str:
    return "u" + base64url_encode(data)


def zipped(size: int) -> str:
    return encoded(gzip.compress(bytes(size), mtime=0))


def two_lists(revoked: bool, suspended: bool) -> tuple[bytes, dict[str, bytes]]:
    second = status_entry(SECOND, "suspension", 9)
    suspensions = plain_list(id=SECOND)
    suspensions["credentialSubject"] |= {
        "id": f"{SECOND}#list",
        "statusPurpose": "suspension",
        "encodedList": StatusBits.of([9] if suspended else [8]).encode(),
    }
    answers = list_with(status_list(4711) if revoked else status_list()) | {SECOND: resigned(suspensions)}
    return resigned(credential(credentialStatus=[ENTRY, second])), answers


def cases() -> dict[str, Case]:
    good = signed()
    found = {
        "list_neighbour_left_pass": Case("the bit before is set", good, web=list_with(status_list(4710))),
        "list_neighbour_right_pass": Case("the bit behind is set", good, web=list_with(status_list(4712))),
        "list_mirrored_pass": Case(
            "the bit that would be ours from the right is set", good, web=list_with(status_list(4711 ^ 7))
        ),
        "list_first_entry_fail": Case("entry 0 is set", with_entry(statusListIndex="0"), FAILED,
                                      web=list_with(status_list(0))),
        "list_first_entry_pass": Case("entry 0 is not set", with_entry(statusListIndex="0")),
        "list_last_entry_fail": Case("the last entry is set", with_entry(statusListIndex=str(MIN_ENTRIES - 1)), FAILED,
                                     web=list_with(status_list(MIN_ENTRIES - 1))),
        "list_last_entry_pass": Case("the last entry is not set", with_entry(statusListIndex=str(MIN_ENTRIES - 1))),
        "list_all_set_fail": Case("every entry is set", good, FAILED,
            web=list_of(encodedList=StatusBits(bytearray(b"\xff" * (MIN_ENTRIES // 8))).encode())),
        "list_larger_pass": Case("a list of twice the size", good, web=list_of(
            encodedList=StatusBits.empty(2 * MIN_ENTRIES).encode())),
        "list_purposes_pass": Case("a list for several purposes", good, web=list_of(
            statusPurpose=["revocation", "suspension"])),
        "list_without_end_pass": Case("a list without validUntil", good, web=list_with(resigned(
            {name: value for name, value in plain_list().items() if name != "validUntil"}))),
        "list_issuer_object_pass": Case("the issuer of the list as an object", good, web=list_with(resigned(
            plain_list(issuer={"id": plain_list()["issuer"], "name": "Makers’ Guild"})))),
        "list_ends_now_pass": Case("the last second of the list", good,
                                   web=list_with(status_list(at=AT - 30 * DAY))),
        "list_ended_fail": Case("one second after the end of the list", good, UNKNOWN,
                                web=list_with(status_list(at=AT - 30 * DAY - timedelta(seconds=1)))),
        "list_not_yet_fail": Case("a list from tomorrow", good, UNKNOWN, web=list_with(status_list(at=AT + DAY))),
        "list_not_json_fail": Case("no JSON", good, UNKNOWN, web=list_with(b"\x00\x01")),
        "list_array_fail": Case("an array", good, UNKNOWN, web=list_with(b"[]")),
        "list_is_the_badge_fail": Case("the badge where the list should be", good, FAILED, web=list_with(good)),
        "list_is_the_document_fail": Case("the issuer's document where the list should be", good,
                                          web=list_with(dump(issuer_document()))),
        "list_without_type_fail": Case("a list that does not say what it is", good, FAILED, web=list_with(resigned(
            plain_list(type=["VerifiableCredential"])))),
        "list_subject_without_type_fail": Case("its subject does not say what it is", good, FAILED,
                                               web=list_with(untyped())),
        "list_without_bits_fail": Case("a list without a list", good, FAILED, web=list_of(encodedList=None)),
        "list_bits_empty_fail": Case("an empty list", good, FAILED, web=list_of(encodedList="")),
        "list_bits_not_zipped_fail": Case("not compressed", good, FAILED, web=list_of(encodedList=encoded(bytes(100)))),
        "list_bits_cut_fail": Case("cut short", good, FAILED, web=list_of(
            encodedList=encoded(gzip.compress(bytes(MIN_ENTRIES // 8), mtime=0)[:-9]))),
        "list_bits_wrong_base_fail": Case("another multibase", good, FAILED, web=list_of(
            encodedList="z" + StatusBits.empty().encode()[1:])),
        "list_bits_no_base_fail": Case("no multibase", good, FAILED, web=list_of(
            encodedList=StatusBits.empty().encode()[1:])),
        "list_bomb_fail": Case(
            "100 MiB in a hundred kilobytes", good, FAILED, web=list_of(encodedList=zipped(100 << 20))),
        "list_proof_missing_fail": Case("the list lost its proof", good, FAILED, web=list_with(dump(
            {name: value for name, value in json.loads(status_list()).items() if name != "proof"}))),
        "list_bits_changed_fail": Case("a bit was cleared after signing", good, FAILED, web=list_with(cleared())),
        "list_signed_by_key_of_another_fail": Case("signed with a key that is not the issuer's", good, FAILED,
                                                   web=list_with(resigned(plain_list(), STRANGER))),
        "list_status_of_itself_pass": Case("a list that names itself as its status", good, web=list_with(resigned(
            plain_list(credentialStatus=ENTRY)))),
        "status_text_fail": Case(
            "a text", resigned(credential(credentialStatus=["urn:x:revocable"])), {"model": "failed"}),
        "status_number_index_pass": Case("the index as a number", with_entry(statusListIndex=4711)),
        "status_number_index_fail": Case("the index as a number, and set", with_entry(statusListIndex=4711), FAILED,
                                         web=list_with(status_list(4711))),
        "status_index_negative_fail": Case("a negative index", with_entry(statusListIndex="-1"), FAILED),
        "status_index_words_fail": Case("an index in words", with_entry(statusListIndex="first"), FAILED),
        "status_index_fraction_fail": Case("half an index", with_entry(statusListIndex="4711.5"), FAILED),
        "status_index_spaces_fail": Case("an index with a space", with_entry(statusListIndex=" 4711"), FAILED),
        "status_index_other_digits_fail": Case("digits of another script", with_entry(statusListIndex="٤٧١١"), FAILED),
        "status_index_huge_fail": Case("an index beyond every list", with_entry(statusListIndex="9" * 12), FAILED),
        "status_index_missing_fail": Case("no index", with_entry(statusListIndex=None), FAILED),
        "status_list_missing_fail": Case("no list", with_entry(statusListCredential=None), FAILED),
        "status_purpose_missing_fail": Case("no purpose", with_entry(statusPurpose=None)),
        "status_purpose_unknown_fail": Case("a purpose we do not know", with_entry(statusPurpose="refresh")),
        "status_without_id_pass": Case("an entry without an id", with_entry(id=None)),
        "status_http_fail": Case("a list that is read without encryption",
                                 with_entry(statusListCredential="http://guild.example/status/1"), UNKNOWN),
        "status_of_many_fail": Case("more entries than anybody needs", resigned(credential(credentialStatus=[
            status_entry(f"https://guild.example/status/{number}", "revocation", 1) for number in range(9)])), UNKNOWN),
        "status_host_only_fail": Case("only the issuer answers", good, UNKNOWN,
                                      web={ISSUER_DOCUMENT: web()[ISSUER_DOCUMENT]}),
    }  # fmt: skip
    for name, revoked, suspended in (
        ("neither_pass", False, False), ("revoked_fail", True, False), ("suspended_fail", False, True),
        ("both_fail", True, True),
    ):  # fmt: skip
        badge, answers = two_lists(revoked, suspended)
        found[f"two_lists_{name}"] = Case(
            "an entry in each of two lists", badge, FAILED if name.endswith("fail") else {}, web=answers
        )
    return found


def cleared() -> bytes:
    document: Json = json.loads(status_list(4711, signer=GUILD))
    document["credentialSubject"]["encodedList"] = StatusBits.empty().encode()
    return dump(document)


def untyped() -> bytes:
    document: Json = json.loads(status_list())
    del document["credentialSubject"]["type"]
    return dump(document)
