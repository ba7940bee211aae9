"""The child process of `plaudit.canonical`: N-Quads in, canonical N-Quads out, under limits of the kernel.

Run as a script, never imported. Each message is four bytes of length and the bytes; a question begins with a byte that
is 1 when RDFC-1.0 shall hash with SHA-384. A document that takes more processor time than it may ends this process
(SIGPROF, default action: no Python code has to get a turn); the parent starts another. It ends by itself when the
parent's end of the pipe closes, however the parent died.

RDFC-1.0 is written out here, since the one of pyoxigraph keeps each related blank node once where the specification
keeps a list (section 4.8.3, step 3.1.2), and then orders twins otherwise than all the others do (docs/adr/0015).
"""

import hashlib
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pyoxigraph

BlankNode = pyoxigraph.BlankNode


class Issuer:
    """The identifier issuer of section 4.5: names in the order in which they were asked for."""

    def __init__(self, prefix: str, names: dict[str, str] | None = None) -> None:
        self.prefix = prefix
        self.names = dict(names or {})

    def issue(self, node: str) -> str:
        return self.names.setdefault(node, f"{self.prefix}{len(self.names)}")

    def copy(self) -> "Issuer":
        return Issuer(self.prefix, self.names)


class Canonicalization:
    """One run of RDFC-1.0 (section 4.4) over a dataset."""

    def __init__(self, dataset: pyoxigraph.Dataset, algorithm: str) -> None:
        self.quads = list(dataset)
        self.algorithm = algorithm
        self.mentions: dict[str, list[Any]] = {}
        self.canonical = Issuer("c14n")
        for quad in self.quads:
            for node in {part.value for part in parts(quad) if isinstance(part, BlankNode)}:
                self.mentions.setdefault(node, []).append(quad)
        self.first = {node: self.hash_first_degree(node) for node in self.mentions}

    def hash(self, text: str) -> str:
        return hashlib.new(self.algorithm, text.encode()).hexdigest()

    def run(self) -> bytes:
        """The canonical N-Quads, as UTF-8 (sections 4.4.3 and 5)."""
        alike: dict[str, list[str]] = {}
        for node, value in self.first.items():
            alike.setdefault(value, []).append(node)
        for value in sorted(value for value, nodes in alike.items() if len(nodes) == 1):
            self.canonical.issue(alike[value][0])
        for value in sorted(value for value, nodes in alike.items() if len(nodes) > 1):
            found = []
            for node in alike[value]:
                if node not in self.canonical.names:
                    temporary = Issuer("b")
                    temporary.issue(node)
                    found.append(self.hash_n_degree(node, temporary))
            for _, issuer in sorted(found, key=lambda one: one[0]):
                for node in issuer.names:
                    self.canonical.issue(node)
        names = {node: BlankNode(name) for node, name in self.canonical.names.items()}
        return canonical_lines(pyoxigraph.Dataset(renamed(quad, names) for quad in self.quads))

    def hash_first_degree(self, node: str) -> str:
        """Section 4.6.3."""
        lines = []
        near = {
            part.value for quad in self.mentions[node] for part in parts(quad) if isinstance(part, BlankNode)
        }
        names = {other: BlankNode("a" if other == node else "z") for other in near}
        for quad in self.mentions[node]:
            lines.append(canonical_lines(pyoxigraph.Dataset([renamed(quad, names)])).decode())
        return self.hash("".join(sorted(lines)))

    def hash_related(self, related: str, quad: Any, issuer: Issuer, position: str) -> str:
        """Section 4.7.3."""
        predicate = f"<{quad.predicate.value}>" if position != "g" else ""
        name = self.canonical.names.get(related) or issuer.names.get(related)
        return self.hash(f"{position}{predicate}{f'_:{name}' if name else self.first[related]}")

    def hash_n_degree(self, node: str, issuer: Issuer) -> tuple[str, Issuer]:
        """Section 4.8.3."""
        related: dict[str, list[str]] = {}
        for quad in self.mentions[node]:
            for position, part in zip("sog", parts(quad), strict=True):
                if isinstance(part, BlankNode) and part.value != node:
                    key = self.hash_related(part.value, quad, issuer, position)
                    related.setdefault(key, []).append(part.value)
        data = ""
        for key in sorted(related):
            chosen, chosen_issuer = "", issuer
            for permutation in permutations(related[key]):
                path, copied = self.path_of(permutation, issuer, chosen)
                if path and (not chosen or path < chosen):
                    chosen, chosen_issuer = path, copied
            data += key + chosen
            issuer = chosen_issuer
        return self.hash(data), issuer

    def path_of(self, permutation: list[str], issuer: Issuer, chosen: str) -> tuple[str, Issuer]:
        """Steps 5.4.1 to 5.4.6: the path along one permutation, or "" when it cannot be the chosen one."""
        path, issuer, left = "", issuer.copy(), []
        for node in permutation:
            if node in self.canonical.names:
                path += f"_:{self.canonical.names[node]}"
            else:
                if node not in issuer.names:
                    left.append(node)
                path += f"_:{issuer.issue(node)}"
            if chosen and len(path) >= len(chosen) and path > chosen:
                return "", issuer
        for node in left:
            digest, issuer_there = self.hash_n_degree(node, issuer)
            path += f"_:{issuer.issue(node)}<{digest}>"
            issuer = issuer_there
            if chosen and len(path) >= len(chosen) and path > chosen:
                return "", issuer
        return path, issuer


def parts(quad: Any, *, whole: bool = False) -> tuple[Any, ...]:
    """Subject, object and graph name, which may be blank nodes; the `whole` quad has its predicate too."""
    if whole:
        return quad.subject, quad.predicate, quad.object, quad.graph_name
    return quad.subject, quad.object, quad.graph_name


def renamed(quad: pyoxigraph.Quad, names: Mapping[str, BlankNode]) -> pyoxigraph.Quad:
    """The statement with its blank nodes under other labels."""
    whole: list[Any] = [
        names[part.value] if isinstance(part, BlankNode) else part for part in parts(quad, whole=True)
    ]
    return pyoxigraph.Quad(*whole)


def permutations(nodes: list[str]) -> Iterator[list[str]]:
    """Every order of the nodes once: two orders of equal ones have the same path."""
    row = sorted(nodes)
    while True:
        yield row
        place = next((index for index in reversed(range(len(row) - 1)) if row[index] < row[index + 1]), None)
        if place is None:
            return
        other = next(index for index in reversed(range(len(row))) if row[index] > row[place])
        row = row.copy()
        row[place], row[other] = row[other], row[place]
        row[place + 1 :] = reversed(row[place + 1 :])


def canonical_lines(dataset: pyoxigraph.Dataset) -> bytes:
    """The statements, sorted; canonical N-Quads escape line breaks inside literals, so each is one line."""
    text = pyoxigraph.serialize(dataset, format=pyoxigraph.RdfFormat.N_QUADS) or b""
    return b"".join(sorted(text.splitlines(keepends=True)))


def main() -> None:
    """Answer until the pipe closes."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while len(header := sys.stdin.buffer.read(4)) == 4:
        question = sys.stdin.buffer.read(int.from_bytes(header))
        signal.setitimer(signal.ITIMER_PROF, seconds)
        quads = pyoxigraph.parse(question[1:], format=pyoxigraph.RdfFormat.N_QUADS, lenient=True)
        answer = Canonicalization(pyoxigraph.Dataset(quads), "sha384" if question[0] else "sha256").run()
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(len(answer).to_bytes(4) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
