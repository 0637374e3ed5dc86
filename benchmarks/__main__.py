"""`make bench`: understanding, or the benchmark that is named first (`ARGS="sheets --short"`)."""

from __future__ import annotations

import sys

from benchmarks import sheets, throughput, understanding

BENCHMARKS = {"understanding": understanding.main, "sheets": sheets.main, "throughput": throughput.main}


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named."""
    if arguments and arguments[0] in BENCHMARKS:
        return BENCHMARKS[arguments[0]](arguments[1:])
    return understanding.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
