"""The child process of `plaudit.canonical`: N-Quads in, canonical N-Quads out, under limits of the kernel.

Run as a script, never imported. Each message is four bytes of length and the bytes; a question begins
with a byte that is 1 when RDFC-1.0 shall hash with SHA-384. A document that takes more
processor time than it may ends this process (SIGPROF, default action: no Python code has to get a turn); the
parent starts another. It ends by itself when the parent's end of the pipe closes, however the parent died.
"""

import resource
import signal
import sys


def main() -> None:
    """Answer until the pipe closes."""
    import pyoxigraph

    algorithms = pyoxigraph.CanonicalizationAlgorithm
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while len(header := sys.stdin.buffer.read(4)) == 4:
        question = sys.stdin.buffer.read(int.from_bytes(header))
        signal.setitimer(signal.ITIMER_PROF, seconds)
        dataset = pyoxigraph.Dataset(
            pyoxigraph.parse(question[1:], format=pyoxigraph.RdfFormat.N_QUADS, lenient=True)
        )
        dataset.canonicalize(algorithms.RDFC_1_0_SHA_384 if question[0] else algorithms.RDFC_1_0)
        text = pyoxigraph.serialize(dataset, format=pyoxigraph.RdfFormat.N_QUADS) or b""
        answer = b"".join(sorted(text.splitlines(keepends=True)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(len(answer).to_bytes(4) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
