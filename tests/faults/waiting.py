"""Waiting for something to become true, without guessing how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

LOOK_AGAIN_SECONDS: Final = 0.01


async def until(check: Callable[[], Awaitable[bool]], *, seconds: float = 10.0) -> None:
    """Look again and again until the check holds; `TimeoutError` when it never does."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - another process changes it, no event can tell
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
