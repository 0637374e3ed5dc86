"""Several processes of the program on one socket, under a parent that keeps them alive.

The parent listens, the workers accept: a connection that waits in the queue belongs to nobody yet, so a
worker that leaves takes none along. A worker that dies is replaced; on SIGHUP fresh ones come up one after
another, and an old one is told to end only when its successor answers. Workers never outlive their parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

READY_SECONDS: Final = 120.0
"""A large hall on a busy machine takes its time; a worker that isn't there by then won't come."""
DRAIN_SECONDS: Final = 30.0
"""What running turns may take when a worker is told to end; far above any deadline."""
RESTART_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 1.0
"""How often a worker looks whether its parent is still there."""
READY: Final = b"1"
"""What a worker writes into its pipe; a pipe that ends without it means that the worker ended."""
_PR_SET_PDEATHSIG: Final = 1

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Berth:
    """What a worker gets of its parent: the socket, where to say that it is ready, and who the parent is."""

    socket: int
    ready: int
    parent: int

    def arguments(self) -> list[str]:
        """The berth on the command line (`serve --worker`)."""
        return ["--worker", str(self.socket), str(self.ready), str(self.parent)]

    def say_ready(self) -> None:
        """Tell the parent that requests are being answered."""
        os.write(self.ready, READY)
        os.close(self.ready)

    async def serve_until(self, stop: asyncio.Event) -> None:
        """Wait for the stop, or until the parent is gone, however it went."""
        while not stop.is_set():
            if os.getppid() != self.parent:
                log.warning("the parent is gone, the worker ends")
                return
            await _first(stop.wait(), asyncio.sleep(LOOK_SECONDS))


def die_with_parent(parent: int) -> None:
    """Let the kernel send SIGTERM when the parent dies (Linux), also while this process is still loading.

    Elsewhere, and where the kernel can't, `Berth.serve_until` sees it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        raise SystemExit(0)


@dataclass(frozen=True, slots=True)
class _Worker:
    process: Process
    ready: bool
    """Whether it has said that it answers."""

    async def end(self) -> None:
        """Let it finish what it does; end it the hard way when that takes too long."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.process.wait()
        except TimeoutError:
            log.warning("worker does not end, it is killed", pid=self.process.pid)
            self.process.kill()
            await self.process.wait()


@dataclass(slots=True)
class Crew:
    """Keeps a number of workers."""

    command: Sequence[str]
    environment: Mapping[str, str]
    socket: socket.socket
    stop: asyncio.Event
    _renewals: list[asyncio.Event] = field(default_factory=list, init=False)
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def renew(self) -> None:
        """Replace all workers by fresh ones, without losing a request."""
        for renewal in self._renewals:
            renewal.set()

    async def run(self, count: int) -> None:
        """Keep that many workers until the stop; returns when all have ended."""
        self._renewals = [asyncio.Event() for _ in range(count)]
        await asyncio.gather(*(self._keep(number) for number in range(count)))

    async def _keep(self, number: int) -> None:
        renewal, worker = self._renewals[number], await self._start(number)
        while not self.stop.is_set():
            await _first(worker.process.wait(), self.stop.wait(), renewal.wait())
            if self.stop.is_set():
                break
            code = worker.process.returncode
            if code is not None:
                log.warning("worker ended, starting it again", worker=number, exit_code=code)
                await _first(asyncio.sleep(RESTART_SECONDS), self.stop.wait())
                worker = await self._start(number)
            else:
                renewal.clear()
                async with self._one_by_one:
                    worker = await self._renewed(number, worker)
        await worker.end()

    async def _renewed(self, number: int, old: _Worker) -> _Worker:
        fresh = await self._start(number)
        if not fresh.ready:
            log.error("the fresh worker did not come up, the old one stays", worker=number)
            await fresh.end()
            return old
        await old.end()
        log.info("worker renewed", worker=number, pid=fresh.process.pid)
        return fresh

    async def _start(self, number: int) -> _Worker:
        """Start a worker and wait until it answers; not ready: it ended, took too long, or the stop came."""
        hear, say = os.pipe()
        berth = Berth(self.socket.fileno(), say, os.getpid())
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self.command, *berth.arguments()),
                env=dict(self.environment),
                pass_fds=(berth.socket, say),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(say)  # ours: so that the pipe ends with the worker
        log.info("worker started", worker=number, pid=process.pid)
        heard = asyncio.Event()
        asyncio.get_running_loop().add_reader(hear, heard.set)
        try:
            await _first(heard.wait(), self.stop.wait(), asyncio.sleep(READY_SECONDS))
            ready = heard.is_set() and os.read(hear, 1) == READY
        finally:
            asyncio.get_running_loop().remove_reader(hear)
            os.close(hear)
        if ready:
            log.info("worker ready", worker=number, pid=process.pid)
        elif not self.stop.is_set():
            log.warning("worker did not get ready", worker=number, pid=process.pid)
            await _Worker(process, ready=False).end()
        return _Worker(process, ready)


async def _first(*works: Coroutine[Any, Any, object]) -> None:
    """Wait until one of several things has happened; the others are given up."""
    tasks = [asyncio.create_task(work, name="one of several") for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
