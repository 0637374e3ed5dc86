"""The database hangs, goes away and comes back: errors come in time, and all is well afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from messages import Inbound, StoreUnavailableError
from storage.embedded import EmbeddedServer, embedded_mongod
from storage.mongo import OPERATION_SECONDS, Driver
from storage.processes import stop_server, wait_until_free
from storage.stores import Stores, open_stores

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServer]:
    """A server that may be maltreated."""
    async with embedded_mongod(tmp_path_factory.mktemp("outage")) as own:
        yield own


@pytest.fixture(scope="module", params=["motor", "pymongo"])
async def own_stores(request: pytest.FixtureRequest, server: EmbeddedServer) -> AsyncIterator[Stores]:
    driver: Driver = request.param
    async with open_stores(server.uri, f"outage_{driver}", driver=driver) as stores:
        yield stores


async def claim(stores: Stores, key: str) -> None:
    message = Inbound(key, "official", "o-1", "gh_1", "text", NOW)
    await stores.turns.claim(message, owner="p", now=NOW, lease_seconds=60)


async def recovered(stores: Stores) -> None:
    """Wait until writes succeed again."""
    async with asyncio.timeout(15):
        while True:
            try:
                await claim(stores, "back")
            except StoreUnavailableError:
                continue
            return


async def test_a_server_that_hangs(server: EmbeddedServer, own_stores: Stores) -> None:
    await claim(own_stores, "before")
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        await assert_all_are_unavailable(own_stores, 60)
    finally:
        os.kill(pid, signal.SIGCONT)
    await recovered(own_stores)
    assert await own_stores.turns.get("before") is not None


async def assert_all_are_unavailable(stores: Stores, count: int) -> None:
    """Each operation ends by its own deadline: nothing else would end them, the server stays as it is."""
    results = await asyncio.gather(
        *(claim(stores, f"lost{number}") for number in range(count)),
        *(stores.turns.get(f"lost{number}") for number in range(count)),
        stores.ping(),
        stores.knowledge.wait_for_change(0, timeout_seconds=5),
        return_exceptions=True,
    )
    assert {type(result) for result in results} == {StoreUnavailableError}


async def test_nobody_waits_behind_batches_that_hang(server: EmbeddedServer, own_stores: Stores) -> None:
    """More come than batches may be under way: those who queue have the same deadline as those who fly."""
    await claim(own_stores, "before")
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        callers: list[asyncio.Task[None]] = []
        for number in range(12):
            callers.append(asyncio.create_task(claim(own_stores, f"late{number}")))
            for _ in range(4):
                await asyncio.sleep(0)  # so that each would be a batch of its own
        results = await asyncio.gather(*callers, return_exceptions=True)
        assert {type(result) for result in results} == {StoreUnavailableError}
    finally:
        os.kill(pid, signal.SIGCONT)
    await recovered(own_stores)


async def test_callers_who_give_up_while_the_server_hangs_harm_nobody(
    server: EmbeddedServer, own_stores: Stores
) -> None:
    """PyMongo's pool, cancelled while it timed out, lost its lock; all later operations waited for ever."""
    await claim(own_stores, "before")
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        callers = [asyncio.create_task(own_stores.turns.get(f"lost{number}")) for number in range(300)]
        for number, caller in enumerate(callers):
            asyncio.get_running_loop().call_later(OPERATION_SECONDS - 0.01 + number / 10_000, caller.cancel)
        results = await asyncio.gather(*callers, return_exceptions=True)
        assert {type(result) for result in results} <= {asyncio.CancelledError, StoreUnavailableError}
    finally:
        os.kill(pid, signal.SIGCONT)
    await recovered(own_stores)
    found = await asyncio.gather(*(own_stores.turns.get("before") for _ in range(300)))
    assert all(found)


async def test_a_server_that_goes_away_and_comes_back(server: EmbeddedServer, own_stores: Stores) -> None:
    await claim(own_stores, "before")
    await stop_server(server.folder / "data")
    await assert_all_are_unavailable(own_stores, 60)
    await server.look_after()
    await recovered(own_stores)
    assert await own_stores.turns.get("before") is not None


async def test_a_server_that_is_killed_loses_nothing_it_acknowledged(
    server: EmbeddedServer, own_stores: Stores
) -> None:
    keys = [f"kept{number}" for number in range(50)]
    await asyncio.gather(*(claim(own_stores, key) for key in keys))
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await wait_until_free(server.folder / "data")
    await server.look_after()
    await recovered(own_stores)
    assert all(await asyncio.gather(*(own_stores.turns.get(key) for key in keys)))


async def test_waiting_for_a_change_survives_a_restart_or_says_so(
    server: EmbeddedServer, own_stores: Stores
) -> None:
    waiting = asyncio.create_task(own_stores.knowledge.wait_for_change(10**6, timeout_seconds=2.5))
    await asyncio.wait({waiting}, timeout=0.2)
    await stop_server(server.folder / "data")
    await server.look_after()
    await asyncio.wait({waiting})
    problem = waiting.exception()
    assert isinstance(problem, StoreUnavailableError) if problem else waiting.result() is False


def test_the_folder_of_the_server_is_private(server: EmbeddedServer) -> None:
    assert Path(server.folder / "data").stat().st_mode & 0o077 == 0
