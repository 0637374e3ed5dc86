"""`serve --workers 2`: one worker is killed, the other goes on, and the dead one is replaced."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from bot.app import utc_now
from storage.stores import Stores
from tests.faults.conftest import ACCOUNT, Starter, wechat_for
from tests.faults.waiting import until
from tests.platform.accounts import SignedRequest
from tests.platform.wire import HungUpError, Manner, exchange
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, Apart, account_settings, running_apart

SOCKETS = Path("/proc/net/tcp")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SOCKETS.exists(), reason="the kernel's list of sockets is needed (Linux)"),
]


def worker_pids(parent: Apart) -> list[int]:
    """Process ids of all workers that were ever started, from the parent's log."""
    lines = [json.loads(line) for line in parent.log.splitlines() if line.startswith("{")]
    return [int(line["pid"]) for line in lines if line.get("event") == "worker started"]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_worker_is_replaced(start: Starter, hall: Stores) -> None:
    settings = account_settings(ACCOUNT, api_url=start.api.url)
    folder = start.folder / "workers"
    async with running_apart(start.uri, start.database, folder, settings, workers=2) as parent:
        await until(lambda: listening(parent, 2), seconds=30)
        await until(lambda: ready(parent), seconds=30)
        wechat = wechat_for(parent, clock=utc_now)
        for number in range(10):
            assert KNOWN_ANSWER in (await wechat.say(f"oBefore{number}", KNOWN_QUESTION)).text
        os.kill(worker_pids(parent)[0], signal.SIGKILL)
        for number in range(10):
            deliveries = await wechat.push(wechat.text(f"oAfter{number}", KNOWN_QUESTION))
            assert deliveries[-1].answer is not None
            assert KNOWN_ANSWER in deliveries[-1].answer.text
        await until(lambda: listening(parent, 2), seconds=30)
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


async def listening(parent: Apart, count: int) -> bool:
    """Whether that many processes listen on the port, as the kernel sees it (state 0A)."""
    return _listeners(parent.address.port) == count


def _listeners(port: int) -> int:
    rows = [line.split() for line in SOCKETS.read_text(encoding="ascii").splitlines()]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)
