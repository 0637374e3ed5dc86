"""`make bench`: every benchmark there is. So far understanding; options are handed on (`ARGS="--short"`)."""

from __future__ import annotations

import sys

from benchmarks.understanding import main

if __name__ == "__main__":
    sys.exit(main())
