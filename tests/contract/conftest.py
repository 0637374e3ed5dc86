"""Contract tests run on both drivers: Motor, and PyMongo's own asyncio API that follows it."""

from __future__ import annotations

from typing import cast

import pytest

from storage.mongo import Driver


@pytest.fixture(scope="session", params=["motor", "pymongo"])
def driver(request: pytest.FixtureRequest) -> Driver:
    return cast("Driver", request.param)
