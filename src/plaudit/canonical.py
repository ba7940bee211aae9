"""From a document to the bytes that are signed: RDF Dataset Canonicalization (RDFC-1.0) and JCS.

RDFC-1.0 can be made to take exponential time by a few kilobytes of objects that all look alike. When every blank
node has another first-degree hash (RDFC-1.0 section 4.6), their order is settled at once and the work is done here;
real badges are like that, nearly always. Otherwise it is done by a child process that the kernel stops after
a second of processor time (`_rdfc_child.py`).
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plaudit import documents, shapes, terms
from plaudit.contexts import ContextLoader
from plaudit.errors import BusyError, ComplexityError

if TYPE_CHECKING:
    import pyoxigraph

Parse = Callable[[Mapping[str, Any]], "pyoxigraph.Dataset"]

MAX_QUADS: Final = 20_000
"""A badge is about 75 statements, a transcript of a whole life some thousands."""
MAX_ALIKE_BLANK_NODES: Final = 500
"""How many nameless objects may look alike at first sight; a badge has none."""
CHILD_SECONDS: Final = 1.0
"""Processor time for one tangled document: a thousand times what an honest one takes."""
CHILD_MEMORY: Final = 512 * 1024 * 1024
"""Address space of the child."""
CHILD_WALL_SECONDS: Final = 5.0
"""Time by the clock, for a machine so loaded that a second of processor time is long in coming."""
SHARE_SECONDS: Final = 1.0
"""What all tangled documents of one verification may take together, but for the last: a badge may hold sixteen."""

_share: ContextVar[list[float] | None] = ContextVar("share", default=None)


@contextlib.contextmanager
def one_share() -> Iterator[None]:
    """Whatever is canonicalised inside has one share of the child's time; when it is used up, BusyError is raised."""
    token = _share.set([SHARE_SECONDS])
    try:
        yield
    finally:
        _share.reset(token)


class Walked:
    """A document all of whose words have a meaning: what `walk` returns.

    `found` is its shape with its values, when that was known and filled.
    """

    def __init__(
        self,
        prepared: Mapping[str, Any] | None,
        text: bytes | None = None,
        found: tuple[shapes.Shape, list[Any]] | None = None,
    ) -> None:
        self._prepared, self._text, self.found = prepared, text, found

    def rdfc(self) -> bytes:
        """The canonical N-Quads, as UTF-8; ComplexityError and BusyError as `rdfc` raises them."""
        if self._text is None:
            assert self._prepared is not None
            self._text, self._prepared = rdfc_prepared(self._prepared), None
        return self._text


def walk(document: Mapping[str, Any], load: ContextLoader = documents.load_context) -> Walked:
    """Ask whether every word of the document has a meaning (see `plaudit.terms`); on the fast road if there is one.

    Raises TermsError, UnknownContextError and ComplexityError as `terms.prepare` does.
    """
    known = _walk_by_shape(document, parse) if load is documents.load_context else None
    return known or Walked(terms.prepare(document, load))


def walk_known(document: Mapping[str, Any]) -> Walked | None:
    """The same for a document of a known shape, under the pinned contexts; None for any other, whatever it holds."""
    return _walk_by_shape(document, None)


def _walk_by_shape(document: Mapping[str, Any], make: Parse | None) -> Walked | None:
    found = shapes.find(document, make)
    text = found[0].fill(found[1]) if found is not None else None
    return Walked(None, text, found) if text is not None else None


def rdfc(document: Mapping[str, Any], load: ContextLoader = documents.load_context) -> bytes:
    """The canonical N-Quads of a JSON-LD document, as UTF-8 (RDFC-1.0 with SHA-256).

    Raises TermsError and UnknownContextError as `terms.prepare` does, and ComplexityError beyond the limits.
    """
    return walk(document, load).rdfc()


def rdfc_sha384(document: Mapping[str, Any], load: ContextLoader = documents.load_context) -> bytes:
    """The same, with SHA-384 inside RDFC-1.0: ECDSA Cryptosuites v1.0 section 3 wants it for P-384 keys. The labels
    of blank nodes, and so the order of the statements, are other ones."""
    return rdfc_dataset(parse(terms.prepare(document, load)), sha384=True)


def rdfc_prepared(prepared: Mapping[str, Any]) -> bytes:
    """The same as `rdfc`, for what `terms.prepare` has returned."""
    return rdfc_dataset(parse(prepared))


def rdfc_dataset(dataset: pyoxigraph.Dataset, *, sha384: bool = False) -> bytes:
    """The canonical N-Quads of an RDF dataset; ComplexityError beyond the limits."""
    alike = _blank_nodes_alike(dataset)
    if not alike:
        return _canonical_bytes(dataset, sha384)
    if alike > MAX_ALIKE_BLANK_NODES:
        raise ComplexityError(f"{alike} nameless objects look alike; the limit is {MAX_ALIKE_BLANK_NODES}")
    return _child.canonicalize(b"".join(_lines(dataset)), sha384)


def jcs(value: Any) -> bytes:
    """The JSON Canonicalization Scheme (RFC 8785); ComplexityError for a number it cannot hold."""
    import rfc8785  # 30 ms, and only used by one cryptosuite

    try:
        return bytes(rfc8785.dumps(value))
    except rfc8785.CanonicalizationError as error:
        raise ComplexityError(f"JCS cannot write this document: {error}") from None


def parse(prepared: Mapping[str, Any]) -> pyoxigraph.Dataset:
    """The statements of what `terms.prepare` has returned; ComplexityError for too many, or for no JSON-LD."""
    import pyoxigraph  # 35 ms; `import plaudit` shall not pay for it, here and below

    text = json.dumps(prepared, ensure_ascii=False).encode()
    dataset = pyoxigraph.Dataset()
    try:
        # lenient: the parser would drop an odd IRI without a word; `terms` has judged them already.
        for quad in pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.JSON_LD, lenient=True):
            dataset.add(quad)
            if len(dataset) > MAX_QUADS:
                raise ComplexityError(f"more than {MAX_QUADS} statements")
    except (SyntaxError, ValueError) as error:
        raise ComplexityError(f"the document cannot be read as RDF: {error}") from None
    return dataset


def _canonical_bytes(dataset: pyoxigraph.Dataset, sha384: bool = False) -> bytes:
    import pyoxigraph

    algorithms = pyoxigraph.CanonicalizationAlgorithm
    dataset.canonicalize(algorithms.RDFC_1_0_SHA_384 if sha384 else algorithms.RDFC_1_0)
    return b"".join(sorted(_lines(dataset)))


def _lines(dataset: pyoxigraph.Dataset) -> list[bytes]:
    import pyoxigraph

    # Canonical N-Quads escape line breaks inside literals, so every line is one statement.
    return (pyoxigraph.serialize(dataset, format=pyoxigraph.RdfFormat.N_QUADS) or b"").splitlines(
        keepends=True
    )


def _blank_nodes_alike(dataset: pyoxigraph.Dataset) -> int:
    """How many blank nodes share their first-degree hash with another one."""
    import pyoxigraph

    statements: dict[pyoxigraph.BlankNode, list[tuple[Any, ...]]] = {}
    for quad in dataset:
        parts = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        for part in {part for part in parts if isinstance(part, pyoxigraph.BlankNode)}:
            statements.setdefault(part, []).append(parts)
    counts: dict[bytes, int] = {}
    for node, quads in statements.items():
        lines = sorted(
            " ".join(
                ("_:a" if part == node else "_:z") if isinstance(part, pyoxigraph.BlankNode) else str(part)
                for part in parts
            )
            for parts in quads
        )
        digest = hashlib.sha256("\n".join(lines).encode()).digest()
        counts[digest] = counts.get(digest, 0) + 1
    return sum(count for count in counts.values() if count > 1)


class _Child:
    """One process that canonicalises one tangled dataset after the other, and may be killed by any of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0

    def canonicalize(self, quads: bytes, sha384: bool = False) -> bytes:
        """The canonical form of N-Quads; ComplexityError when the child was stopped, BusyError without a turn."""
        share = _share.get() or [SHARE_SECONDS]
        if share[0] <= 0:
            raise BusyError("there was no time left for another tangled document in one badge")
        if not self.lock.acquire(timeout=CHILD_WALL_SECONDS):
            raise BusyError("other tangled documents keep this machine busy")
        begin = time.monotonic()
        try:
            return self._ask((b"\1" if sha384 else b"\0") + quads)
        finally:
            share[0] -= time.monotonic() - begin
            self.lock.release()

    def _ask(self, question: bytes) -> bytes:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        alarm = threading.Timer(CHILD_WALL_SECONDS, process.kill)
        alarm.start()
        try:
            process.stdin.write(len(question).to_bytes(4) + question)
            process.stdin.flush()
            header = process.stdout.read(4)
            answer = process.stdout.read(int.from_bytes(header)) if len(header) == 4 else b""
        except BrokenPipeError:
            answer = b""
        finally:
            alarm.cancel()
            alarm.join()
        if not answer:
            self.close()
            raise ComplexityError(f"not in canonical form after {CHILD_SECONDS:g} s of processor time")
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self.owner != os.getpid():
            # After a fork the child still belongs to the parent; leave its pipes to it.
            self.process, self.owner = None, os.getpid()
        if self.process is None or self.process.poll() is not None:
            self.close()
            script = Path(__file__).with_name("_rdfc_child.py")
            limits = [str(CHILD_SECONDS), str(CHILD_MEMORY)]
            self.process = subprocess.Popen(
                [sys.executable, "-I", str(script), *limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # its last words are about memory, and of no use to anybody
            )
        return self.process

    def close(self) -> None:
        """Stop the child, if it is ours."""
        process, self.process = self.process, None
        if process is None or self.owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


_child = _Child()
atexit.register(_child.close)
