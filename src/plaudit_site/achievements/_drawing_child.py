"""The child process that turns a cleaned SVG into pixels, under limits of the kernel. Run as a script, never imported.

Standard input: the side in pixels, a line break, the SVG. Standard output: the PNG. Whatever takes more processor time
or memory than it may ends this process, and nothing else.
"""

import resource
import sys

import typst

SECONDS = 5
MEMORY = 256 * 1024 * 1024  # what it may write to
ADDRESSES = 1024 * 1024 * 1024  # and what it maps: programs and libraries alone are 300 MiB
PAGE = b"""#set page(width: 1000pt, height: 1000pt, margin: 0pt, fill: none)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%)
"""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    side, _, svg = sys.stdin.buffer.read().partition(b"\n")
    inputs = {"svg": svg.decode()}
    png = typst.compile(
        PAGE, format="png", ppi=int(side) * 72 / 1000, ignore_system_fonts=True, sys_inputs=inputs
    )
    sys.stdout.buffer.write(png if isinstance(png, bytes) else b"")


if __name__ == "__main__":
    main()
