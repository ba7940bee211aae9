"""A badge that is issued many times: all but some texts of it are worked through once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from plaudit import canonical, shapes, terms
from plaudit.did import Signer
from plaudit.encoding import multibase_decode, multibase_encode
from plaudit.errors import IssueError
from plaudit.issue.faults import faults_of
from plaudit.issue.holes import Cut, Judge, Marks
from plaudit.issue.signing import issue, issue_jwt, text_of
from plaudit.members import Node
from plaudit.proofs import data_integrity, jose
from plaudit.reading import format_date_time, parse_date_time, parse_json_object
from plaudit.rules import fits_at

CHECKED_EVERY: Final = 1000
"""Of the credentials of a template, one in so many is verified by the general road, the first one always."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
        for fault in faults_of(document, signer):
            raise IssueError(fault.path, fault.reason)
        self._document: dict[str, Any] = json.loads(json.dumps(document))
        self._signer = signer
        self._holes = tuple(holes)
        self._known = frozenset(self._holes)
        places = shapes.places(self._document, self._holes)
        paths = [shapes.pointer_parts(hole) for hole in self._holes]
        if ["issuer"] in paths or ["issuer", "id"] in paths or len(self._known) != len(self._holes):
            raise ValueError("the issuer's id cannot vary, and every hole is named once")
        self._lock = threading.Lock()
        self._filled: Counter[str] = Counter()
        self._judge = self._prepare_judge(paths, places)
        self._proved = self._prepare_proved()
        self._token: tuple[str, Cut] | None = None
        self._contexts = tuple(self._document["@context"])
        self._latest = _EPOCH, "", b""

    def issue(self, values: Mapping[str, str], at: datetime) -> bytes:
        """The bytes that `issue` would return for the credential with these texts in its holes.

        `values` maps every pointer to its text. The first credential and one in a thousand are verified by the
        general road (`plaudit.canonical`) before they are returned. Raises IssueError as `issue` does, and
        ValueError when there is not one value for each hole or the time has no zone.
        """
        texts = self._texts(values)
        signed = self._fill(texts, at)
        if signed is None:
            return issue(self._document_with(texts), self._signer, at)
        if self._is_to_be_proven("proof"):
            self._prove(self._document_with(texts), signed)
        return signed

    def issue_jwt(self, values: Mapping[str, str], at: datetime) -> str:
        """The VC-JWT that `issue_jwt` would return for the credential with these texts in its holes.

        The first one and one in a thousand are read and checked by the general road before they are returned. Raises
        as `issue_jwt` does, and ValueError when there is not one value for each hole or the time has no zone.
        """
        texts = self._texts(values)
        token = self._fill_token(texts, at)
        if token is None:
            return issue_jwt(self._document_with(texts), self._signer, at)
        if self._is_to_be_proven("token"):
            self._prove_token(self._document_with(texts), token, at)
        return token

    def _texts(self, values: Mapping[str, str]) -> list[str]:
        if values.keys() != self._known:
            raise ValueError("a template wants one value for each of its holes, and no other")
        return [values[hole] for hole in self._holes]

    def _document_with(self, texts: Sequence[Any]) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(json.dumps(self._document))
        for hole, text in zip(self._holes, texts, strict=True):
            *path, last = shapes.pointer_parts(hole)
            place: Any = document
            for part in path:
                place = place[int(part) if isinstance(place, list) else part]
            place[int(last) if isinstance(place, list) else last] = text
        return document

    # What is worked through once

    def _prepare_judge(self, paths: Sequence[Sequence[str]], places: Sequence[int]) -> Judge | None:
        """What each hole asks for; None when nothing of this badge can be done once for all."""
        skeleton = shapes.read(self._document)
        shape = shapes.make(self._document, canonical.parse)
        values = skeleton and shape and shape.written(skeleton[1])
        # What stands in an array may be there twice, and a word of a vocabulary has a meaning: not worth a short cut.
        if shape is None or not values or any(path[-1].isdecimal() for path in paths):
            return None
        if shapes.PIN in [shape.roles[place] for place in places]:
            return None
        return Judge(shape, values, places, [fits_at(self._document, path) for path in paths])

    def _prepare_proved(self) -> Cut | None:
        """The JSON text; behind the holes come the proof's `created` and `proofValue`."""
        if data_integrity.SUITE_OF.get(self._signer.key.type) != data_integrity.EDDSA_RDFC:
            return None
        marks = Marks(len(self._holes) + 2)
        options = data_integrity.proof_options(
            data_integrity.EDDSA_RDFC, self._signer.verification_method, _EPOCH
        )
        options |= {"created": marks.texts[-2], "proofValue": marks.texts[-1]}
        return marks.cut(text_of(self._document_with(marks.texts[:-2]), options))

    def _prepare_token(self) -> tuple[str, Cut]:
        """Header and payload; behind the holes come `nbf`, `iat` and `exp`. Raises as `issue_jwt` does."""
        claims = jose.claims_of(self._document, self._signer, _EPOCH)
        marks = Marks(len(self._holes) + 3)
        document = self._document_with(marks.texts[:-3])
        claims |= {"jti": document["id"], "sub": document["credentialSubject"]["id"]}
        dates = zip(("nbf", "iat", "exp"), marks.texts[-3:], strict=True)
        claims |= {name: mark for name, mark in dates if name in claims}
        return jose.head_of(self._signer), marks.cut(jose.payload_of(document, claims), numbers=3)

    # What is done for each

    def _fill(self, texts: Sequence[str], at: datetime) -> bytes | None:
        """The signed bytes; None when a text wants the judgement of `issue`."""
        judged = self._judge(texts) if self._judge is not None and self._proved is not None else None
        statements = self._judge.filler.fill(judged[0]) if self._judge is not None and judged else None
        if self._proved is None or judged is None or statements is None or self._is_backwards(texts):
            return None
        created, options = self._options(at)
        signature = self._signer.key.sign(options + hashlib.sha256(statements).digest())
        return self._proved.filled([*judged[1], created, multibase_encode(signature)])

    def _fill_token(self, texts: Sequence[str], at: datetime) -> str | None:
        """The token; None when a text wants the judgement of `issue_jwt`."""
        judged = self._judge(texts) if self._judge is not None else None
        if judged is None or self._is_backwards(texts):
            return None
        if self._token is None:
            self._token = self._prepare_token()
        head, payload = self._token
        begin, end = self._period(texts)
        claims = [moment and jose.numeric_date(moment) for moment in (begin, at, end)]
        return jose.signed(head, payload.filled([*judged[1], *claims]), self._signer.key)

    def _period(self, texts: Sequence[str]) -> list[datetime | None]:
        return [
            parse_date_time(texts[self._holes.index(at)] if at in self._known else self._document.get(at[1:]))
            for at in ("/validFrom", "/validUntil")
        ]

    def _is_backwards(self, texts: Sequence[str]) -> bool:
        """Whether the end is before the beginning, which is no question about one text alone."""
        if "validUntil" not in self._document:
            return False
        begin, end = self._period(texts)
        return begin is None or end is None or end < begin

    def _options(self, at: datetime) -> tuple[str, bytes]:
        """`created` and the hash of the proof's options: the same for all that one key signs in one second."""
        moment, created, digest = self._latest
        if at is not moment:
            created = format_date_time(at)
            digest = _options_digest(self._signer.verification_method, created, self._contexts)
            self._latest = at, created, digest
        return created, digest

    def _is_to_be_proven(self, form: str) -> bool:
        with self._lock:
            number = self._filled[form]
            self._filled[form] = number + 1
        return number % CHECKED_EVERY == 0

    def _prove(self, document: Mapping[str, Any], signed: bytes) -> None:
        """Verify a filled credential by the general road; whatever is wrong is an error of this library."""
        parsed = parse_json_object(signed)
        (proof,) = parsed.pop("proof")
        signature = multibase_decode(proof["proofValue"])
        digest = _options_digest(proof["verificationMethod"], proof["created"], tuple(parsed["@context"]))
        message = digest + hashlib.sha256(canonical.rdfc_prepared(terms.prepare(parsed))).digest()
        good = self._signer.key.public().verify(signature, message)
        if not good or parsed != document or any(faults_of(document, self._signer)):
            raise IssueError("", "the template's credential does not verify by the general road")

    def _prove_token(self, document: Mapping[str, Any], token: str, at: datetime) -> None:
        """The same for a token: its signature, its words, and every claim."""
        jws = jose.read_jws(token)
        terms.prepare(document)
        expected = {**document, **jose.claims_of(document, self._signer, at)}
        good = jose.verify(jws, self._signer.key.public())
        if not good or parse_json_object(jws.payload) != expected or any(faults_of(document, self._signer)):
            raise IssueError("", "the template's token does not verify by the general road")


@lru_cache(maxsize=256)
def _options_digest(method: str, created: str, contexts: tuple[str, ...]) -> bytes:
    """The hash of a proof's options, by the general road: the same for all that one key signs in one second."""
    at = parse_date_time(created)
    assert at is not None
    options = data_integrity.proof_options(data_integrity.EDDSA_RDFC, method, at)
    prepared = terms.prepare(options | {"@context": [*contexts]})
    return hashlib.sha256(canonical.rdfc_prepared(prepared)).digest()
