"""Programs on one database that are started again whenever they end, as systemd would."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.waiting import until
from tests.platform.accounts import SignedRequest
from tests.platform.pusher import Address
from tests.platform.wire import HungUpError, Manner, exchange
from tests.running import Apart, running_apart
from tests.soak.load import Load

NOWHERE = Address("127.0.0.1", 9)
START_SECONDS = 120.0
STOP_SECONDS = 60.0
"""A turn may have 20 s to end, and the machine may be busy with the other processes."""
DRIVERS_OWN = "MongoClient background task encountered an error"
"""The driver's word on a database that is away: no fault of the program."""


@dataclass(slots=True)
class Fleet:
    """`count` programs of `workers` processes each. `addresses` is kept up to date in place."""

    uri: str
    database: str
    folder: Path
    settings: Mapping[str, object]
    count: int
    workers: int = 1
    addresses: list[Address] = field(default_factory=list)
    log_errors: list[str] = field(default_factory=list)
    """Lines at level error, and lines with an openid."""
    starts: int = 0
    _programs: dict[int, Apart] = field(default_factory=dict)
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def kill_one(self, chance: random.Random) -> bool:
        """SIGKILL to one process, chosen by chance; False when none is up at the moment."""
        numbers = [number for number, program in self._programs.items() if self._pids(program)]
        if not numbers:
            return False
        pids = self._pids(self._programs[chance.choice(numbers)])
        os.kill(chance.choice(pids), signal.SIGKILL)
        return True

    def kill_all(self) -> None:
        """SIGKILL to everything at once; nothing is started again."""
        self._stopping.set()
        for program in self._programs.values():
            for pid in [program.process.pid, *self._pids(program)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _pids(self, program: Apart) -> list[int]:
        """The processes that serve: the program itself, or its workers."""
        if program.process.returncode is not None:
            return []
        if self.workers == 1:
            return [program.process.pid]
        lines = [json.loads(line) for line in program.log.splitlines() if line.startswith("{")]
        started = [int(line["pid"]) for line in lines if line.get("event") == "worker started"]
        return [pid for pid in started if _is_child(pid, program.process.pid)]

    async def keep(self, number: int) -> None:
        """Run one program until the fleet stops, again and again."""
        while not self._stopping.is_set():
            folder = self.folder / f"{number}-{self.starts}"
            self.starts += 1
            running = running_apart(
                self.uri,
                self.database,
                folder,
                self.settings,
                workers=self.workers,
                start_seconds=START_SECONDS,
                stop_seconds=STOP_SECONDS,
            )
            async with running as program:
                self._programs[number] = program
                self.addresses[number] = program.address
                await self._until_serving(program)
                if len(self._programs) == self.count:
                    self._up.set()
                ended = asyncio.create_task(program.process.wait(), name=f"program {number}")
                stopping = asyncio.create_task(self._stopping.wait(), name=f"stop of program {number}")
                await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
            await ended
            self._read_log(program.log)

    async def _until_serving(self, program: Apart) -> None:
        """Wait until all workers are up; the parent says where it listens before they do."""

        async def serving() -> bool:
            if program.process.returncode is not None:
                return True
            return len(self._pids(program)) == self.workers and await _ready(program.address)

        if self.workers > 1:
            await until(serving, seconds=START_SECONDS)

    def _read_log(self, log: str) -> None:
        bad = ('"level": "error"', "Traceback", "oSoak")
        lines = [line for line in log.splitlines() if any(word in line for word in bad)]
        self.log_errors += [line[:400] for line in lines if DRIVERS_OWN not in line]


async def _ready(address: Address) -> bool:
    request = SignedRequest("/readyz", {}, b"")
    try:
        answer = await exchange(address.host, address.port, request, Manner(method="GET"))
    except (HungUpError, TimeoutError):
        return False
    return answer is not None and answer.status == 200


def _is_child(pid: int, parent: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    state, ppid = stat.rpartition(")")[2].split()[:2]
    return int(ppid) == parent and state != "Z"


@asynccontextmanager
async def running_fleet(fleet: Fleet) -> AsyncIterator[Fleet]:
    """Start all programs, and stop them in order at the end."""
    fleet.addresses[:] = [NOWHERE] * fleet.count
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(fleet.keep(number), name=f"slot {number}") for number in range(fleet.count)
        ]
        up = group.create_task(fleet._up.wait(), name="all programs are up")
        await asyncio.wait({up, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield fleet
        finally:
            fleet._stopping.set()
            up.cancel()


@asynccontextmanager
async def under(load: Load) -> AsyncIterator[None]:
    """Have the citizens write while the block runs."""
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run(), name="load")
        try:
            yield
        finally:
            load.stop()
