"""What stands against signing a credential: whatever a good verifier would refuse.

In this order: members that our contexts do not define, other contexts than those, values that sign badly (null, empty
arrays, duplicates, numbers that processors write differently), the data model, strictly, the issuer against the signer,
the end against the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from plaudit import documents
from plaudit.did import Signer
from plaudit.errors import Fault
from plaudit.model import credential_class
from plaudit.reading import is_absolute_iri, parse_date_time
from plaudit.rules import Path, check_credential, fault_at

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
_HALF = re.compile("[\ud800-\udfff]")


def faults_of(document: Mapping[str, Any], signer: Signer) -> Iterator[Fault]:
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
    yield from fault_of_signer(document, signer)
    yield from fault_of_dates(document)


def fault_of_signer(document: Mapping[str, Any], signer: Signer) -> tuple[Fault, ...]:
    issuer = document.get("issuer")
    identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if is_absolute_iri(signer.verification_method) and signer.controller == identifier:
        return ()
    return (Fault("/issuer/id", f"is not {signer.controller}, the controller of the signing key"),)


def fault_of_dates(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    begin, end = (parse_date_time(document.get(name)) for name in ("validFrom", "validUntil"))
    if begin is not None and end is not None and end < begin:
        return (Fault("/validUntil", "is before validFrom"),)
    return ()


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
    elif reason := bad_value(value):
        faults.append(fault_at(path, reason))


def bad_value(value: Any) -> str:
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
        if reason := bad_value(item):
            faults.append(fault_at((path, index), reason))
        # RDF sets hold a value once; not every processor drops the second before it signs.
        if (type(item), item) in seen:
            faults.append(fault_at((path, index), "is there twice"))
        seen.add((type(item), item))
