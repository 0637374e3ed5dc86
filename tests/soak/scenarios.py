"""The trials: what is broken, how often, under which load; and how each is run and counted."""

from __future__ import annotations

import asyncio
import math
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.app import utc_now
from messages import Channel
from storage.embedded import EmbeddedServer, embedded_mongod
from storage.stores import Stores, open_stores
from tests.faults.waiting import until
from tests.platform.accounts import FakeAccount
from tests.platform.api_server import PlatformApi, platform_api
from tests.platform.pusher import FakeWeChat
from tests.running import Clock, account_settings, make_settings, running_here
from tests.soak.counting import Account, collect, count
from tests.soak.fleet import Fleet, running_fleet, under
from tests.soak.hall import SOAK_HALL
from tests.soak.load import Load
from tests.soak.replicas import ReplicaSet, three_nodes

OFFICIAL: Final = FakeAccount(token="SoakToken", app_id="wx0123456789abcdef", aes_key="abcdefg" * 6 + "A")
MINI: Final = FakeAccount(
    "mini", token="MiniToken", app_id="wxfedcba9876543210", aes_key="1234567" * 6 + "E", original_id="gh_mini"
)
DATABASE: Final = "soak"
SETTLED_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Size:
    """How long and how hard."""

    kills: int = 50
    outages: int = 8
    step_downs: int = 10
    quiet_seconds: float = 60.0
    """How long a trial lasts whose fault is there all the time."""
    every_seconds: tuple[float, float] = (2.0, 8.0)
    """Between two faults."""
    citizens: int = 16
    pause_seconds: float = 0.5
    election_seconds: float = 10.0
    api_seconds: float = 30.0
    """How long the platform keeps silent on a slow day (the client gives up after 5 s)."""
    wait: bool = True
    """After the load, wait for leases in real time; else all programs are killed in the middle of what they
    do, and one whose clock is ahead does the rest."""


LONG: Final = Size()
SHORT: Final = Size(
    kills=3,
    outages=1,
    step_downs=1,
    quiet_seconds=2.0,
    every_seconds=(0.3, 1.5),
    citizens=8,
    pause_seconds=0.2,
    election_seconds=2.0,
    wait=False,
)


@dataclass(slots=True)
class Stage:
    """What a trial's fault may break."""

    size: Size
    kills: int
    chance: random.Random
    api: PlatformApi
    fleet: Fleet
    server: EmbeddedServer | None = None
    replicas: ReplicaSet | None = None
    done: list[str] = field(default_factory=list)

    async def pause(self) -> None:
        await asyncio.sleep(self.chance.uniform(*self.size.every_seconds))


async def kill_programs(stage: Stage) -> None:
    """SIGKILL at random moments; whoever is started again is fair game."""
    while len(stage.done) < stage.kills:
        await stage.pause()
        if stage.fleet.kill_one(stage.chance):
            stage.done.append("kill -9")


async def kill_the_database(stage: Stage) -> None:
    """SIGKILL to mongod, which comes back after a while."""
    assert stage.server is not None
    for _ in range(stage.size.outages):
        await stage.pause()
        pid = stage.server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        stage.done.append("mongod killed")
        await stage.pause()
        await stage.server.look_after()
    await stage.pause()


async def change_the_primary(stage: Stage) -> None:
    """The primary steps down; every third time its process is killed instead."""
    assert stage.replicas is not None
    for number in range(stage.size.step_downs):
        await stage.pause()
        if number % 3 == 2:
            await stage.replicas.kill_primary(away_seconds=stage.size.every_seconds[1])
            stage.done.append("primary killed")
        else:
            await stage.replicas.step_down()
            stage.done.append("step-down")
        await stage.replicas.primary()
    await stage.pause()


async def fail_half_of_the_time(stage: Stage) -> None:
    """Half of the platform's answers to sends are errors, error pages, late, or lost on the way."""
    stage.api.faults.rate = 0.5
    await asyncio.sleep(stage.size.quiet_seconds)


async def leave_alone(stage: Stage) -> None:
    """Nothing goes wrong: what the others are compared with."""
    await asyncio.sleep(stage.size.quiet_seconds)


@dataclass(frozen=True, slots=True)
class Trial:
    name: str
    fault: Callable[[Stage], Awaitable[None]]
    programs: int = 2
    workers: int = 1
    replicas: bool = False
    kills_share: float = 1.0
    """Of the size's kills."""


TRIALS: Final = (
    Trial("nothing wrong, two programs", leave_alone),
    Trial("programs killed, two programs", kill_programs),
    Trial(
        "workers killed, one program of four workers", kill_programs, programs=1, workers=4, kills_share=0.4
    ),
    Trial("database killed, two programs", kill_the_database),
    Trial("primary changes, three nodes, two programs", change_the_primary, replicas=True),
    Trial("platform fails half of the time, two programs", fail_half_of_the_time),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    trial: Trial
    faults: str
    seconds: float
    account: Account


async def run(trial: Trial, size: Size, folder: Path, *, seed: int = 1) -> Outcome:
    """Run one trial in a folder of its own, and count."""
    began = utc_now()
    async with (
        _databases(trial, size, folder) as (uri, server, replicas),
        platform_api(OFFICIAL, MINI, clock=utc_now) as api,
        open_stores(uri, DATABASE) as stores,
    ):
        api.slow_seconds = size.api_seconds
        await stores.knowledge.replace(SOAK_HALL)
        settings = account_settings(OFFICIAL, MINI, api_url=api.url)
        fleet = Fleet(uri, DATABASE, folder / "programs", settings, trial.programs, trial.workers)
        async with running_fleet(fleet):
            kills = math.ceil(size.kills * trial.kills_share)
            stage = Stage(size, kills, random.Random(seed), api, fleet, server, replicas)  # noqa: S311
            load = _load(fleet, api, size, seed)
            async with under(load):
                await trial.fault(stage)
            if size.wait:
                await until_settled(stores)
            else:
                fleet.kill_all()
                api.faults.rate = 0.0
                api.release.set()
        if not size.wait:
            await _finish_ahead(uri, stores, folder, settings)
        account = count(load, await collect(load, stores, api), api)
    account.log_errors = fleet.log_errors
    broken = len(api.faults.happened)
    faults = _named(stage.done) or (f"{broken:,} answers" if broken else "none")
    return Outcome(trial, faults, (utc_now() - began).total_seconds(), account)


def _load(fleet: Fleet, api: PlatformApi, size: Size, seed: int) -> Load:
    wechat: dict[Channel, FakeWeChat] = {
        account.channel: FakeWeChat(account, fleet.addresses, utc_now, seed=number)
        for number, account in enumerate((OFFICIAL, MINI), start=1)
    }
    return Load(wechat, api, size.citizens, size.pause_seconds, seed)


def _named(done: list[str]) -> str:
    return ", ".join(f"{done.count(what)} × {what}" for what in dict.fromkeys(done))


@asynccontextmanager
async def _databases(
    trial: Trial, size: Size, folder: Path
) -> AsyncIterator[tuple[str, EmbeddedServer | None, ReplicaSet | None]]:
    if trial.replicas:
        async with three_nodes(folder / "nodes", election_seconds=size.election_seconds) as replicas:
            yield replicas.uri, None, replicas
    else:
        async with embedded_mongod(folder / "database") as server:
            yield server.uri, server, None


async def until_settled(stores: Stores) -> None:
    """Wait until every turn is done and every item has left or is uncertain."""
    turns, outbox = stores.mongo.collection("turns"), stores.mongo.collection("outbox")

    async def settled() -> bool:
        return not (
            await turns.count_documents({"status": "running"})
            or await turns.count_documents({"unclaimed_at": {"$type": "date"}})
            or await outbox.count_documents({"status": {"$in": ["waiting", "sending"]}})
        )

    await until(settled, seconds=SETTLED_SECONDS)


async def _finish_ahead(uri: str, stores: Stores, folder: Path, settings: dict[str, str]) -> None:
    """A program whose clock is ahead finds all leases over: what took minutes is done at once."""
    clock = Clock(datetime.now(UTC) + timedelta(minutes=5))
    made = make_settings(folder / "last", **settings)
    async with running_here(made, uri, DATABASE, clock=clock, knowledge=None):
        moving = asyncio.create_task(_move(clock), name="the clock goes on")
        try:
            await until_settled(stores)
        finally:
            moving.cancel()


async def _move(clock: Clock) -> None:
    while True:
        await asyncio.sleep(0.2)
        clock.advance(seconds=10)
