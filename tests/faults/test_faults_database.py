"""The database stops while messages come: nothing is promised that is not stored, and all is well afterwards.

A mongod of this test's own is suspended (SIGSTOP: connections stay, nobody answers) or stopped (SIGTERM).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.embedded import EmbeddedServer, embedded_mongod
from storage.stores import Stores, open_stores
from tests.faults.conftest import Starter, hold, let_go, wechat_for
from tests.faults.waiting import until
from tests.platform.accounts import SignedRequest
from tests.platform.api import FakeApi
from tests.platform.pusher import ONCE, Delivery, FakeWeChat
from tests.platform.wire import Manner, exchange
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, SMALL_HALL, Clock, Here

pytestmark = pytest.mark.slow
LEASE_SECONDS = 30
FEARED = ("suspended", "stopped")
NOT_STORED, RECEIVED = "可能没有记下来", "已收到"


@pytest.fixture
async def private_mongod(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    async with embedded_mongod(tmp_path / "private") as server:
        yield server
        if server.pid is not None:
            os.kill(server.pid, signal.SIGCONT)


@pytest.fixture
async def private(private_mongod: EmbeddedServer) -> AsyncIterator[Stores]:
    async with open_stores(private_mongod.uri, "faults") as opened:
        await opened.knowledge.replace(SMALL_HALL)
        yield opened


@pytest.fixture
def start_private(
    private_mongod: EmbeddedServer,
    private: Stores,  # noqa: ARG001 - the hall must be there first
    api: FakeApi,
    clock: Clock,
    tmp_path: Path,
) -> Starter:
    return Starter(private_mongod.uri, "faults", api, clock, tmp_path)


async def take_away(server: EmbeddedServer, how: str) -> None:
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP if how == "suspended" else signal.SIGTERM)

    async def away() -> bool:
        return _all_suspended(pid) if how == "suspended" else server.pid is None

    await until(away)


def _all_suspended(pid: int) -> bool:
    """Whether every thread stands still: on a busy machine the signal takes a moment to reach them all."""
    states = [
        task.read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")
    ]
    return set(states) == {"T"}


async def bring_back(server: EmbeddedServer, program: Here, how: str) -> None:
    if how == "suspended":
        assert server.pid is not None
        os.kill(server.pid, signal.SIGCONT)
    else:
        await server.look_after()

    async def ready() -> bool:
        request = SignedRequest("/readyz", {}, b"")
        answer = await exchange(
            program.address.host, program.address.port, request, Manner(method="GET"), timeout_seconds=15
        )
        return answer is not None and answer.status == 200

    await until(ready, seconds=30)


async def once(wechat: FakeWeChat, fields: dict[str, object]) -> Delivery:
    """One delivery within WeChat's five seconds."""
    (delivery,) = await wechat.push(fields, ONCE)
    return delivery


@pytest.mark.parametrize("how", FEARED)
async def test_messages_come_while_the_database_is_away(
    private_mongod: EmbeddedServer, start_private: Starter, clock: Clock, api: FakeApi, how: str
) -> None:
    async with start_private.here() as program:
        wechat = wechat_for(program, clock=clock)
        before = wechat.text("oBefore", KNOWN_QUESTION)
        assert KNOWN_ANSWER in (await wechat.expect(before)).text

        await take_away(private_mongod, how)
        known, person, rating, leaving, greeting, unknown, scan = await asyncio.gather(
            once(wechat, wechat.text("oKnown", KNOWN_QUESTION)),
            once(wechat, wechat.text("oPerson", "转人工")),
            once(wechat, wechat.text("oBefore", "没用")),
            once(wechat, wechat.event("oBefore", "unsubscribe", "")),
            once(wechat, wechat.text("oGreeting", "你好")),
            once(wechat, wechat.text("oNobody", "宇宙飞船驾照")),
            once(wechat, wechat.event("oScan", "SCAN", "qa.card-lost")),
        )
        assert known.answer is not None
        assert KNOWN_ANSWER in known.answer.text
        assert scan.answer is not None
        assert KNOWN_ANSWER in scan.answer.text
        assert greeting.answer is not None
        for put_off in (person, rating, unknown):
            assert put_off.status == 503 or (put_off.answer and NOT_STORED in put_off.answer.text)
        assert leaving.status == 503, "leaving must be stored: WeChat shall come again"

        await bring_back(private_mongod, program, how)
        assert (await wechat.expect(before)).text == (await wechat.expect(before)).text
        assert "已为您登记" in (await wechat.say("oPerson", "转人工")).text
        assert await program.count("handoffs", user="oPerson") == 1
        assert KNOWN_ANSWER in (await wechat.say("oAfter", KNOWN_QUESTION)).text
        clock.advance(seconds=1)
        assert (await wechat.expect(wechat.event("oBefore", "unsubscribe", ""))).silent
        assert await program.count("turns", **{"inbound.user": "oBefore"}) == 0
        assert api.broken == []


async def test_a_crowd_is_answered_in_time_while_the_database_hangs(
    private_mongod: EmbeddedServer, start_private: Starter, clock: Clock
) -> None:
    """Waiting for the database does not pile up: sixty at once, all within WeChat's five seconds."""
    async with start_private.here() as program:
        wechat = wechat_for(program, clock=clock)
        await wechat.say("oFirst", KNOWN_QUESTION)
        await take_away(private_mongod, "suspended")
        deliveries = await asyncio.gather(
            *(once(wechat, wechat.text(f"oCrowd{number}", KNOWN_QUESTION)) for number in range(60))
        )
        assert all(each.answer and KNOWN_ANSWER in each.answer.text for each in deliveries)
        await bring_back(private_mongod, program, "suspended")
        assert KNOWN_ANSWER in (await wechat.say("oLast", KNOWN_QUESTION)).text


@pytest.mark.parametrize("how", FEARED)
async def test_a_message_that_was_stored_is_answered_after_the_database_is_back(
    private_mongod: EmbeddedServer,
    private: Stores,
    start_private: Starter,
    clock: Clock,
    api: FakeApi,
    how: str,
) -> None:
    """Claimed, then the database went: "received" may be said, because it is; and the reply comes."""
    user = "oMiddle"
    async with start_private.here() as program:
        wechat = wechat_for(program, clock=clock)
        await hold(private, user, clock)
        fields = wechat.text(user, "转人工")
        pushing = asyncio.create_task(once(wechat, fields), name="push")

        async def claimed() -> bool:
            return await program.count("turns", status="running") == 1

        await until(claimed)
        await take_away(private_mongod, how)
        delivery = await pushing
        # The database may go after it stored the message and before it said so: then "perhaps" is the truth.
        assert delivery.status == 503 or (
            delivery.answer and (RECEIVED in delivery.answer.text or NOT_STORED in delivery.answer.text)
        )
        await bring_back(private_mongod, program, how)
        await let_go(private, user)
        clock.advance(seconds=LEASE_SECONDS + 1)
        (text,) = await api.until_sent(user, seconds=30)
        assert "已为您登记" in text
        assert (await wechat.expect(fields)).silent
    assert len(api.texts(user)) == 1
    assert await private.handoffs.waiting_count() == 1
