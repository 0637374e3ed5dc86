"""Named background loops under one supervisor: each is `run_once(now) -> seconds until the next run`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from bot.telemetry import Metrics
from messages import StoreUnavailableError

AFTER_FAILURE_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loop:
    """One piece of background work."""

    name: str
    run_once: Callable[[datetime], Awaitable[float]]


class Supervisor:
    """Keeps the loops running: a failure is logged and counted, and the loop goes on."""

    def __init__(self, loops: tuple[Loop, ...], *, clock: Callable[[], datetime], metrics: Metrics) -> None:
        self._loops = loops
        self._clock = clock
        self._metrics = metrics
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start each loop as a named task."""
        self._tasks = [asyncio.create_task(self._run(loop), name=f"loop {loop.name}") for loop in self._loops]

    async def stop(self) -> None:
        """Cancel the loops and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, loop: Loop) -> None:
        while True:
            try:
                delay = await loop.run_once(self._clock())
            except StoreUnavailableError:
                self._metrics.loop_errors.labels(loop.name).inc()
                log.warning("database away", loop=loop.name)
                delay = AFTER_FAILURE_SECONDS
            except Exception:  # the edge of a loop: it must go on
                self._metrics.loop_errors.labels(loop.name).inc()
                log.exception("a loop failed", loop=loop.name)
                delay = AFTER_FAILURE_SECONDS
            await asyncio.sleep(delay)
