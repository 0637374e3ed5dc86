"""What every test may use: the fixtures of `tests.mongo`, and property tests without a stopwatch."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.mongo"]

settings.register_profile(  # a busy machine is no defect
    "lingjuli", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lingjuli")
