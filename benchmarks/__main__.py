"""`make bench`: understanding, or the benchmark that is named first (`ARGS="sheets --short"`)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from benchmarks import console, numbers, sheets, throughput, understanding

BENCHMARKS: dict[str, Callable[[Any], int]] = {
    "understanding": understanding.main,
    "sheets": sheets.main,
    "console": console.main,
    "numbers": numbers.main,
    "throughput": throughput.main,
}


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named."""
    if arguments and arguments[0] in BENCHMARKS:
        return BENCHMARKS[arguments[0]](arguments[1:])
    return understanding.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
