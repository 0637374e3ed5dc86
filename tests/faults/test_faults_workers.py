"""`serve --workers 2`: workers are killed, renewed, and left without a parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import pytest

from bot.app import utc_now
from storage.stores import Stores
from tests.faults.conftest import ACCOUNT, Starter, wechat_for
from tests.faults.waiting import until
from tests.platform.accounts import SignedRequest
from tests.platform.pusher import ONCE, FakeWeChat
from tests.platform.wire import HungUpError, Manner, exchange
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, Apart, account_settings, running_apart

pytestmark = pytest.mark.slow


def worker_pids(parent: Apart, event: str = "worker started") -> list[int]:
    """Process ids of all workers of whom the parent's log says this."""
    lines = [json.loads(line) for line in parent.log.splitlines() if line.startswith("{")]
    return [int(line["pid"]) for line in lines if line.get("event") == event]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def answering(parent: Apart, count: int) -> bool:
    """Whether that many living workers have said that they answer."""
    return sum(is_alive(pid) for pid in worker_pids(parent, "worker ready")) == count


async def test_a_killed_worker_is_replaced(start: Starter, hall: Stores) -> None:
    settings = account_settings(ACCOUNT, api_url=start.api.url)
    folder = start.folder / "workers"
    async with running_apart(start.uri, start.database, folder, settings, workers=2) as parent:
        await until(lambda: answering(parent, 2), seconds=30)
        await until(lambda: ready(parent), seconds=30)
        wechat = wechat_for(parent, clock=utc_now)
        for number in range(10):
            assert KNOWN_ANSWER in (await wechat.say(f"oBefore{number}", KNOWN_QUESTION)).text
        os.kill(worker_pids(parent)[0], signal.SIGKILL)
        for number in range(10):
            deliveries = await wechat.push(wechat.text(f"oAfter{number}", KNOWN_QUESTION))
            assert deliveries[-1].answer is not None
            assert KNOWN_ANSWER in deliveries[-1].answer.text
        await until(lambda: answering(parent, 2), seconds=30)
        pids = worker_pids(parent)
    assert len(pids) == 3
    assert parent.process.returncode == 0
    assert not [pid for pid in pids if is_alive(pid)]
    assert await hall.mongo.collection("turns").count_documents({"status": "done"}) == 20


async def ready(parent: Apart) -> bool:
    request = SignedRequest("/readyz", {}, b"")
    try:
        answer = await exchange(parent.address.host, parent.address.port, request, Manner(method="GET"))
    except HungUpError:
        return False
    return answer is not None and answer.status == 200


async def test_workers_are_renewed_without_a_gap(start: Starter, hall: Stores) -> None:
    """SIGHUP while citizens write: everybody is answered at the first delivery, and all workers are new."""
    settings = account_settings(ACCOUNT, api_url=start.api.url)
    folder = start.folder / "renewed"
    async with running_apart(start.uri, start.database, folder, settings, workers=2) as parent:
        await until(lambda: answering(parent, 2), seconds=30)
        wechat, renewed = wechat_for(parent, clock=utc_now), asyncio.Event()
        writing = asyncio.create_task(write_until(renewed, wechat), name="citizens")
        parent.process.send_signal(signal.SIGHUP)
        await until(lambda: are_renewed(parent, 2), seconds=60)
        renewed.set()
        written = await writing
        old, fresh = worker_pids(parent)[:2], worker_pids(parent)[2:]
        assert not [pid for pid in old if is_alive(pid)]
        assert all(is_alive(pid) for pid in fresh)
        assert len(fresh) == 2
    assert parent.process.returncode == 0
    assert "Traceback" not in parent.log
    assert await hall.mongo.collection("turns").count_documents({"status": "done"}) == written


async def write_until(done: asyncio.Event, wechat: FakeWeChat) -> int:
    """Write one message after another; how many were answered, each at its first delivery."""
    count = 0
    while not done.is_set():
        (delivery,) = await wechat.push(wechat.text(f"oRenewed{count}", KNOWN_QUESTION), ONCE)
        assert delivery.answer is not None, delivery.problem
        assert KNOWN_ANSWER in delivery.answer.text
        count += 1
    return count


async def are_renewed(parent: Apart, count: int) -> bool:
    return len(worker_pids(parent, "worker renewed")) == count


async def test_workers_end_when_their_parent_is_killed(start: Starter) -> None:
    """Nobody is left behind who would hold the port and speak for an old version."""
    settings = account_settings(ACCOUNT, api_url=start.api.url)
    folder = start.folder / "orphans"
    async with running_apart(start.uri, start.database, folder, settings, workers=2) as parent:
        await until(lambda: answering(parent, 2), seconds=30)
        pids = worker_pids(parent)
        parent.kill()
        await parent.process.wait()
        await until(lambda: all_gone(pids), seconds=20)


async def test_workers_that_still_load_end_with_their_parent(start: Starter) -> None:
    settings = account_settings(ACCOUNT, api_url=start.api.url)
    folder = start.folder / "unborn"
    async with running_apart(start.uri, start.database, folder, settings, workers=2) as parent:
        await until(lambda: started(parent, 2), seconds=30)
        parent.kill()
        await parent.process.wait()
        await until(lambda: all_gone(worker_pids(parent)), seconds=20)


async def started(parent: Apart, count: int) -> bool:
    return len(worker_pids(parent)) == count


async def all_gone(pids: list[int]) -> bool:
    return not any(is_alive(pid) for pid in pids)
