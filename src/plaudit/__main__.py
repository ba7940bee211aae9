"""`python -m plaudit` is the command `plaudit`."""

import sys

from plaudit.cli import main

if __name__ == "__main__":
    sys.exit(main())
