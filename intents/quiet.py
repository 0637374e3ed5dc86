"""Keep the garbage collector from stopping every thread while an index is built.

A build makes hundreds of thousands of small objects that are no garbage. Each full collection walks over
all of them with the interpreter's lock held: 150 ms at 100,000 phrasings, in which no citizen is served.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_quiet: list[bool] = []
"""One for each build that is under way; whether collecting was on when it began."""


@contextmanager
def collecting_later() -> Iterator[None]:
    """Put cyclic garbage collection off to the end of the last build that is under way."""
    with _lock:
        _quiet.append(gc.isenabled() or any(_quiet))
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            was_on = _quiet.pop()
            if was_on and not _quiet:
                gc.enable()
