"""What every test may use: the fixtures of `tests.mongo`, and property tests without a stopwatch."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["tests.mongo"]

settings.register_profile("lingjuli", deadline=None)  # a busy machine is no defect
settings.load_profile("lingjuli")
