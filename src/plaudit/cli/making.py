"""The commands that make something: keygen, issue, bake, unbake, convert, status, did make."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from plaudit import status
from plaudit.baking import bake, unbake
from plaudit.cli.files import complain, fetch_of, now, read_file, say, signer_of, write_file
from plaudit.containers import open_bytes
from plaudit.convert import to_ob2, to_ob3
from plaudit.did import Method, Signer, controller_document, did_key, did_key_method
from plaudit.errors import UnreadableError
from plaudit.issue import issue, issue_jwt
from plaudit.keys import KeyType, PrivateKey
from plaudit.model import standard_of
from plaudit.proofs import jose
from plaudit.reading import parse_json_object
from plaudit.verify import verify

CRYPTOSUITES: Final = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019")


def _keygen(options: argparse.Namespace) -> int:
    key = PrivateKey.generate(KeyType(options.type))
    issuer = options.issuer or did_key(key.public())
    method = f"{issuer}#{options.name}" if options.issuer else did_key_method(key.public())
    answer: dict[str, Any] = {"issuer": issuer, "method": method, "publicKeyJwk": key.public().jwk()}
    if key.type is not KeyType.RSA:
        answer["publicKeyMultibase"] = key.public().multibase()
    lines = [f"key     {options.key}", f"issuer  {issuer}", f"method  {method}"]
    if options.issuer:
        document = controller_document(issuer, [Method(method, key.public())])
        answer["document"] = document
        lines += ["publish this document:", json.dumps(document, indent=2)]
    descriptor = os.open(options.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.pem())
    say(options, lines, answer)
    return 0


def _issue(options: argparse.Namespace) -> int:
    signer = signer_of(options)
    credential = parse_json_object(read_file(options.credential))
    at = options.at or now()
    if options.form == "jwt":
        signed = issue_jwt(credential, signer, at).encode("ascii")
    else:
        signed = issue(credential, signer, at, cryptosuite=options.cryptosuite)
    _write_signed(options, signed, signer)
    return 0


def _write_signed(options: argparse.Namespace, signed: bytes, signer: Signer) -> None:
    write_file(options.out, signed if options.out else signed + b"\n")
    if options.out:
        answer = {"file": options.out, "method": signer.verification_method}
        say(options, [f"signed  {options.out}", f"method  {signer.verification_method}"], answer)


def _bake(options: argparse.Namespace) -> int:
    baked = bake(read_file(options.picture), read_file(options.credential).strip())
    write_file(options.out, baked)
    if options.out != "-":
        say(options, [f"baked  {options.out}"], {"file": options.out})
    return 0


def _unbake(options: argparse.Namespace) -> int:
    text = unbake(read_file(options.picture))
    if options.json and options.out is None:
        print(json.dumps({"credential": text}, ensure_ascii=False))
        return 0
    write_file(options.out, text.encode("utf-8"))
    if options.out:
        say(options, [f"wrote  {options.out}"], {"file": options.out})
    return 0


def _convert(options: argparse.Namespace) -> int:
    """Another form of a badge. A badge of 2.0 is only what its own addresses say, so it is read and judged there."""
    data = read_file(options.badge)
    opened = open_bytes(data)[0]
    if options.to == "ob3":
        return _convert_to_ob3(options, data)
    content = opened.content if opened.token is None else jose.read_vc_jwt(opened.token)[0]
    if content is None or not standard_of(content):
        raise UnreadableError(f"only a credential of Open Badges 3.0 becomes {options.to}")
    if options.to == "jwt":
        signer = signer_of(options)
        _write_signed(options, issue_jwt(content, signer, options.at or now()).encode("ascii"), signer)
        return 0
    made = to_ob2(content, assertion_id=options.id, badge_id=options.badge_id, issuer_id=options.issuer_id)
    document = made.assertion.to_json()
    document["badge"] = made.badge_class.to_json() | {"issuer": made.issuer.to_json()}
    return _write_converted(options, document, made.lost)


def _convert_to_ob3(options: argparse.Namespace, data: bytes) -> int:
    report = verify(data, fetch=fetch_of(options), at=options.at or now())
    report = report.beside or report
    if report.credential is None or not report.standard.startswith(("Open Badges 2", "Open Badges 1")):
        reasons = [check.detail or check.sentence for check in (*report.failed, *report.unknown)]
        raise UnreadableError(
            f"not a badge of Open Badges 2.0 that could be judged: {'; '.join(reasons[:1])}"
        )
    made = to_ob3(
        report.credential,
        credential_id=options.id,
        achievement_id=options.badge_id,
        issuer_id=options.issuer_id,
    )
    return _write_converted(options, made.credential.to_json(), made.lost)


def _write_converted(options: argparse.Namespace, document: Mapping[str, Any], lost: Sequence[str]) -> int:
    write_file(options.out, json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8") + b"\n")
    if lost:
        complain(f"the other form has no words for {', '.join(lost)}")
    if options.out:
        say(options, [f"wrote  {options.out}"], {"file": options.out, "lost": list(lost)})
    return 0


def _status_make(options: argparse.Namespace) -> int:
    try:
        bits = status.StatusBits.empty(options.size)
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    signer, at = signer_of(options), options.at or now()
    document = status.status_list_credential(options.id, signer.controller, options.purpose, bits, at)
    _write_signed(options, issue(document, signer, at), signer)
    return 0


def _status_set(options: argparse.Namespace) -> int:
    signer, at = signer_of(options), options.at or now()
    document = parse_json_object(read_file(options.list))
    subject = _list_subject(document)
    bits = status.StatusBits.decode(subject.get("encodedList"))
    _refuse_outside(options.index, bits)
    for index in options.index:
        bits.set(index, not options.clear)
    renewed = status.status_list_credential(
        str(document.get("id")), document["issuer"], str(subject.get("statusPurpose")), bits, at
    )
    _write_signed(options, issue(renewed, signer, at), signer)
    return 0


def _status_read(options: argparse.Namespace) -> int:
    document = parse_json_object(read_file(options.list))
    subject = _list_subject(document)
    bits = status.StatusBits.decode(subject.get("encodedList"))
    _refuse_outside(options.index, bits)
    entries = {str(index): bits.get(index) for index in options.index}
    answer = {
        "id": document.get("id"),
        "purpose": subject.get("statusPurpose"),
        "size": bits.size,
        "set": sum(byte.bit_count() for byte in bits.data),
        "entries": entries,
    }
    lines = [
        f"list     {answer['id']}",
        f"purpose  {answer['purpose']}",
        f"entries  {answer['size']}, of which {answer['set']} are set",
        *(f"{index:>7}  {'set' if value else 'not set'}" for index, value in entries.items()),
        "Not verified: whether the issuer signed this list was not checked.",
    ]
    say(options, lines, answer)
    return 0


def _list_subject(document: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = document.get("credentialSubject")
    types = document.get("type")
    if not isinstance(subject, Mapping) or "BitstringStatusListCredential" not in (types or ()):
        raise UnreadableError("the file is no status list (BitstringStatusListCredential)")
    return subject


def _refuse_outside(indices: Sequence[int], bits: status.StatusBits) -> None:
    for index in indices:
        if not 0 <= index < bits.size:
            raise UnreadableError(f"there is no entry {index}: the list has {bits.size}, counted from 0")


def _did_make(options: argparse.Namespace) -> int:
    methods = [
        Method(f"{options.id}#{name}", PrivateKey.from_pem(path.read_bytes()).public())
        for name, path in options.keys
    ]
    document = controller_document(options.id, methods)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    write_file(options.out, text.encode("utf-8") + b"\n")
    if options.out:
        say(options, [f"wrote  {options.out}"], {"file": options.out})
    return 0


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "keygen": _keygen,
    "issue": _issue,
    "bake": _bake,
    "unbake": _unbake,
    "convert": _convert,
    "status make": _status_make,
    "status set": _status_set,
    "status read": _status_read,
    "did make": _did_make,
}
