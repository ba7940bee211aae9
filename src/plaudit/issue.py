"""Issuing: from a credential as a mapping to signed bytes, refusing whatever a good verifier would refuse.

Order of the refusals: the data model, strictly (arrays, required members, types); values that sign badly (null,
empty arrays, duplicates, numbers that processors write differently); the issuer against the signer; words that no
context defines. Only the two pinned contexts of `documents.ISSUED` are used; a status list uses the first alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Final

from plaudit import canonical, documents, shapes, terms
from plaudit.did import Signer
from plaudit.encoding import multibase_decode, multibase_encode
from plaudit.errors import ComplexityError, Fault, IssueError, TermsError
from plaudit.members import Node
from plaudit.model import credential_class
from plaudit.proofs import data_integrity, jose
from plaudit.reading import format_date_time, is_absolute_iri, parse_date_time, parse_json_object
from plaudit.rules import Path, check_credential, fault_at, fits, fits_at
from plaudit.shapes.verdicts import ids_are_addresses, learn

LARGEST_SAFE_INTEGER: Final = 2**53 - 1
SMALLEST_SAFE_FRACTION: Final = 1e-6
"""Below it ECMAScript writes an exponent without a point, which a widespread processor takes for an integer."""
NOT_ISSUED: Final = {
    "credentialSchema": "its type is not defined by the contexts we sign with",
    "refreshService": "its type is not defined by the contexts we sign with",
    "proof": "is there already",
}
"""Members of a credential that are right elsewhere, and would make ours unreadable to others."""
NOT_ISSUED_ANYWHERE: Final = frozenset({"endorsementJwt", "jti"})
"""Words that only the newer copy of the Open Badges context 3.0.3 has: with the older one they are undefined."""
CHECKED_EVERY: Final = 1000
"""Of the credentials of a template, one in so many is verified by the general road, the first one always."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONLY_TEXT: Final = frozenset({str})
_HALF = re.compile("[\ud800-\udfff]")
FIRST: Final = ("@context", "id", "type", "name", "description", "issuer", "validFrom", "validUntil")
"""The members a reader looks for first; all others keep the order they came in, the proof is last."""


def issue(
    credential: Mapping[str, Any] | Node, signer: Signer, at: datetime, *, cryptosuite: str | None = None
) -> bytes:
    """Sign a credential with a Data Integrity proof and return it as UTF-8 JSON, the proof in an array.

    `cryptosuite` is by default eddsa-rdfc-2022 for an Ed25519 key and ecdsa-rdfc-2019 for one of P-256 or P-384.
    `credential` is a mapping as in the standard, or an object of `plaudit.model`; `at` (aware) becomes the
    proof's `created`. The issuer's id must be the controller of the signer's verification method. The same
    input gives the same bytes. Raises IssueError, naming the path, for anything a verifier would refuse;
    KeyFormatError for a key the suite does not take, UnsupportedError for a suite that is not issued.
    """
    document = credential.to_json() if isinstance(credential, Node) else dict(credential)
    walked = _walked_like_a_good_one(document, signer)
    if walked is None:
        for fault in _faults(document, signer):
            raise IssueError(fault.path, fault.reason)
    try:
        if walked is None:
            walked = canonical.walk(document)
            _remember(walked, document)
        proof = data_integrity.sign(
            document,
            signer.key,
            verification_method=signer.verification_method,
            created=at,
            cryptosuite=cryptosuite,
            walked=walked,
        )
    except TermsError as error:
        raise IssueError(error.faults[0].path, error.faults[0].reason) from None
    except ComplexityError as error:
        raise IssueError("", f"too complex: {error}") from None
    return _text(document, proof).encode("utf-8")


def _text(document: Mapping[str, Any], proof: Mapping[str, Any]) -> str:
    ordered = (
        {name: document[name] for name in FIRST if name in document} | dict(document) | {"proof": [proof]}
    )
    return _COMPACT.encode(ordered)


_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _walked_like_a_good_one(document: Mapping[str, Any], signer: Signer) -> canonical.Walked | None:
    """The document in canonical form, if one of its shape was issued and it differs in nothing that may be at fault."""
    walked = canonical.walk_known(document)
    found = walked.found if walked is not None else None
    verdict = found[0].verdicts.get("issue") if found is not None else None
    if found is None or verdict is None or _fault_of_signer(document, signer):
        return None
    good = verdict.holds(found[1], fits) and verdict.differ(found[1])
    return walked if good and not any(_bad_value(found[1][place]) for place in verdict.numbers) else None


def _remember(walked: canonical.Walked, document: Mapping[str, Any]) -> None:
    """That a document of this shape may be issued, once one was: see `_faults`, all of it."""
    if walked.found is None or not ids_are_addresses(walked.found[0], document):
        return
    walked.found[0].verdicts["issue"] = learn(
        walked.found[0], document, lambda slotted, asked: check_credential(slotted, strict=True, asked=asked)
    )


class Template:
    """A badge that is issued many times: all but some texts of it are worked through once.

    `holes` are JSON pointers (RFC 6901) to the texts of the credential that vary: its id, the subject's id, identity
    hashes and salts, dates, the status index, evidence. What stands there in `credential` is an example, and must be
    good. `type`, `@context`, the issuer's id and whatever is not a text cannot vary; a credential with another member
    is another template.

    Raises IssueError as `issue` does for the example, and ValueError for a pointer that is no hole.
    """

    def __init__(self, credential: Mapping[str, Any] | Node, signer: Signer, holes: Iterable[str]) -> None:
        document = credential.to_json() if isinstance(credential, Node) else credential
        for fault in _faults(document, signer):
            raise IssueError(fault.path, fault.reason)
        self._document: dict[str, Any] = json.loads(json.dumps(document))
        self._signer = signer
        self._holes = tuple(holes)
        self._places = shapes.places(self._document, self._holes)
        self._lock = threading.Lock()
        self._filled = 0
        self._prepare([shapes.pointer_parts(hole) for hole in self._holes])

    def issue(self, values: Mapping[str, str], at: datetime) -> bytes:
        """The bytes that `issue` would return for the credential with these texts in its holes.

        `values` maps every pointer to its text. The first credential and one in a thousand are verified by the
        general road (`plaudit.canonical`) before they are returned. Raises IssueError as `issue` does, and
        ValueError when there is not one value for each hole or the time has no zone.
        """
        if values.keys() != self._known or len(self._known) != len(values):
            raise ValueError("a template wants one value for each of its holes, and no other")
        texts = [values[hole] for hole in self._holes]
        signed = self._fill(texts, at)
        if signed is None:
            return issue(self._document_with(texts), self._signer, at)
        with self._lock:
            is_checked = self._filled % CHECKED_EVERY == 0
            if is_checked:
                self._prove(self._document_with(texts), signed)
            self._filled += 1
        return signed

    def _prepare(self, paths: Sequence[Sequence[str]]) -> None:
        self._known = frozenset(self._holes)
        self._contexts = tuple(self._document["@context"])
        if ["issuer"] in paths or ["issuer", "id"] in paths or len(self._known) != len(self._holes):
            raise ValueError("the issuer's id cannot vary, and every hole is named once")
        self._fits = [fits_at(self._document, path) for path in paths]
        self._asks = [(index, fits) for index, fits in enumerate(self._fits) if fits is not is_absolute_iri]
        self._filler: shapes.Filler | None = None
        skeleton = shapes.read(self._document)
        shape = shapes.make(self._document, canonical.parse)
        values = skeleton and shape and shape.written(skeleton[1])
        # What stands in an array may be there twice, and a word of a vocabulary has a meaning: not worth a short cut.
        if shape is None or not values or any(path[-1].isdecimal() for path in paths):
            return
        if data_integrity.SUITE_OF.get(self._signer.key.type) != data_integrity.EDDSA_RDFC:
            return
        roles = [shape.roles[place] for place in self._places]
        if shapes.PIN in roles:
            return
        holes = set(self._places)
        given = {index: value for index, value in enumerate(values) if index not in holes}
        self._values, self._is_iri = values, [role == shapes.IRI for role in roles]
        is_free = shape.root is None or not holes & {shape.root, *shape.inner}
        self._root = None if is_free else shape.root
        self._inner = shape.inner
        self._filler = shapes.Filler(shape.quads, shape.nodes, given)
        self._prepare_text(paths)

    def _prepare_text(self, paths: Sequence[Sequence[str]]) -> None:
        mark = f"hole-{secrets.token_hex(12)}-"
        document = self._document_with([f"{mark}{number}-" for number in range(len(paths))])
        proof = data_integrity.proof_options(
            data_integrity.EDDSA_RDFC, self._signer.verification_method, _EPOCH
        )
        proof |= {"created": f"{mark}{len(paths)}-", "proofValue": f"{mark}{len(paths) + 1}-"}
        pieces = re.split(f'"{mark}([0-9]+)-"', _text(document, proof))
        self._text = '"%s"'.join(shapes.wide(piece).replace("%", "%%") for piece in pieces[::2])
        self._order = [int(number) for number in pieces[1::2]]

    def _document_with(self, texts: Sequence[Any]) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(json.dumps(self._document))
        for hole, text in zip(self._holes, texts, strict=True):
            *path, last = shapes.pointer_parts(hole)
            place: Any = document
            for part in path:
                place = place[int(part) if isinstance(place, list) else part]
            place[int(last) if isinstance(place, list) else last] = text
        return document

    def _fill(self, texts: Sequence[str], at: datetime) -> bytes | None:
        """The signed bytes; None when a text wants the judgement of `issue`."""
        if self._filler is None:
            return None
        values = list(self._values)
        try:
            if not _ONLY_TEXT.issuperset(map(type, texts)):
                return None  # what inherits from text may be written in another way than it looks
            joined = "".join(texts)
            is_plain = joined.isascii() and shapes.is_plain(joined)
            if not all(texts) or not all(fits(texts[index]) for index, fits in self._asks):
                return None
            for text, place, is_iri in zip(texts, self._places, self._is_iri, strict=True):
                if is_iri and not shapes.is_given_iri(text):
                    return None
                values[place] = text if is_plain else shapes.wide(text) if is_iri else shapes.literal(text)
        except ValueError:
            return None
        if self._root is not None and values[self._root] in [values[index] for index in self._inner]:
            return None
        statements = self._filler.fill(values)
        if statements is None:
            return None
        created = format_date_time(at)
        digest = _options_digest(self._signer.verification_method, created, self._contexts)
        signature = self._signer.key.sign(digest + hashlib.sha256(statements).digest())
        # What N-Quads need not escape, JSON need not either; nor does it the last two.
        written = [*texts] if is_plain else [shapes.wide(encode_basestring(text)[1:-1]) for text in texts]
        written += [created, multibase_encode(signature)]
        return (self._text % tuple([written[number] for number in self._order])).encode("latin-1")

    def _prove(self, document: Mapping[str, Any], signed: bytes) -> None:
        """Verify a filled credential by the general road; whatever is wrong is an error of this library."""
        parsed = parse_json_object(signed)
        (proof,) = parsed.pop("proof")
        signature = multibase_decode(proof["proofValue"])
        digest = _options_digest(proof["verificationMethod"], proof["created"], tuple(parsed["@context"]))
        message = digest + hashlib.sha256(canonical.rdfc_prepared(terms.prepare(parsed))).digest()
        good = self._signer.key.public().verify(signature, message)
        if not good or parsed != document or any(_faults(document, self._signer)):
            raise IssueError("", "the template's credential does not verify by the general road")


@lru_cache(maxsize=256)
def _options_digest(method: str, created: str, contexts: tuple[str, ...]) -> bytes:
    """The hash of a proof's options, by the general road: the same for all that one key signs in one second."""
    at = parse_date_time(created)
    assert at is not None
    options = data_integrity.proof_options(data_integrity.EDDSA_RDFC, method, at)
    prepared = terms.prepare(options | {"@context": [*contexts]})
    return hashlib.sha256(canonical.rdfc_prepared(prepared)).digest()


def issue_jwt(credential: Mapping[str, Any] | Node, signer: Signer, at: datetime) -> str:
    """Sign a credential as a VC-JWT (Open Badges 3.0 section 8.2): RS256, ES256 or EdDSA, by the kind of the key.

    `credential` is as for `issue`, or already has a proof, which stays in it: an embedded proof comes first.
    Raises IssueError for anything a verifier would refuse, and KeyFormatError for a P-384 key.
    """
    document = credential.to_json() if isinstance(credential, Node) else dict(credential)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if _walked_like_a_good_one(unsecured, signer) is None:
        for fault in _faults(unsecured, signer):
            raise IssueError(fault.path, fault.reason)
        try:
            _remember(canonical.walk(unsecured), unsecured)
        except TermsError as error:
            raise IssueError(error.faults[0].path, error.faults[0].reason) from None
        except ComplexityError as error:
            raise IssueError("", f"too complex: {error}") from None
    return jose.sign_vc_jwt(document, signer, at)


def _faults(document: Mapping[str, Any], signer: Signer) -> Iterator[Fault]:
    for name, reason in NOT_ISSUED.items():
        if name in document:
            yield Fault(f"/{name}", reason)
    wanted = list(documents.ISSUED if credential_class(document) is not None else documents.ISSUED[:1])
    if document.get("@context") != wanted:
        yield Fault("/@context", f"must be {', '.join(wanted)}, as an array")
    bad: list[Fault] = []
    _bad_values(document, (), bad)
    yield from bad
    yield from check_credential(document, strict=True)
    yield from _fault_of_signer(document, signer)


def _fault_of_signer(document: Mapping[str, Any], signer: Signer) -> tuple[Fault, ...]:
    issuer = document.get("issuer")
    identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if is_absolute_iri(signer.verification_method) and signer.controller == identifier:
        return ()
    return (Fault("/issuer/id", f"is not {signer.controller}, the controller of the signing key"),)


def _bad_values(value: Any, path: Path, faults: list[Fault]) -> None:
    """Null, nothing, duplicates, blank nodes, and numbers that not everybody writes alike."""
    if isinstance(value, list):
        _bad_array(value, path, faults)
    elif isinstance(value, Mapping):
        if not value:
            faults.append(fault_at(path, "an empty object states nothing"))
        for name, item in value.items():
            if not isinstance(name, str):
                faults.append(fault_at(path, "the name of a member must be a string"))
            elif name in NOT_ISSUED_ANYWHERE:
                reason = "an older copy of the Open Badges context does not define it"
                faults.append(fault_at((path, name), reason))
            elif name in ("id", "@id") and isinstance(item, str) and item.startswith("_:"):
                faults.append(fault_at((path, name), "is not an absolute IRI"))
            elif type(item) is not str or not item.isascii():
                _bad_values(item, (path, name), faults)
    elif reason := _bad_value(value):
        faults.append(fault_at(path, reason))


def _bad_value(value: Any) -> str:
    if value is None:
        return "null states nothing"
    if isinstance(value, str):
        return "holds half of a surrogate pair" if not value.isascii() and _HALF.search(value) else ""
    if isinstance(value, float):
        whole_or_odd = value.is_integer() or not SMALLEST_SAFE_FRACTION <= abs(value) < 1e21
        return "processors write this number differently; use an integer, or a text" if whole_or_odd else ""
    if isinstance(value, int):
        return "no JSON processor holds this integer exactly" if abs(value) > LARGEST_SAFE_INTEGER else ""
    return f"a {type(value).__name__} is no JSON value"


def _bad_array(value: list[Any], path: Path, faults: list[Fault]) -> None:
    if not value:
        faults.append(fault_at(path, "an empty array states nothing"))
    seen: set[tuple[type, Any]] = set()
    for index, item in enumerate(value):
        if not isinstance(item, str | int | float):
            _bad_values(item, (path, index), faults)
            continue
        if reason := _bad_value(item):
            faults.append(fault_at((path, index), reason))
        # RDF sets hold a value once; not every processor drops the second before it signs.
        if (type(item), item) in seen:
            faults.append(fault_at((path, index), "is there twice"))
        seen.add((type(item), item))
