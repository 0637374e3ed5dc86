"""The tests. A package, so that helpers are imported as `tests.…` and hide no module of Python's own."""
