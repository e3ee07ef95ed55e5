"""`python -m tsuno`: the command line."""

import sys

from tsuno.cli import main

if __name__ == "__main__":
    sys.exit(main())
