"""A process killed in the middle of a turn: another one takes the turn over, and the citizen is answered."""

from __future__ import annotations

import asyncio

import pytest

from bot.app import utc_now
from storage.stores import Stores
from tests.faults.conftest import Starter, hold, let_go, recover, wechat_for
from tests.faults.waiting import until
from tests.platform.accounts import Fields
from tests.platform.api import FakeApi
from tests.platform.pusher import ONCE
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, Clock
from wechat.inbound import read_inbound

LEASE_SECONDS = 30
"""The product's lease is not imported: that it is at most this long is part of what is tested."""


async def claimed(stores: Stores, user: str) -> bool:
    running = {"inbound.user": user, "status": "running"}
    return await stores.mongo.collection("turns").count_documents(running) == 1


@pytest.mark.slow
async def test_a_killed_process_leaves_nobody_unanswered(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    user = "oOrphan"
    await hold(hall, user, utc_now)
    async with start.apart("doomed") as doomed:
        wechat = wechat_for(doomed, clock=utc_now)
        question = wechat.text(user, KNOWN_QUESTION)
        pushing = asyncio.create_task(wechat.push(question, ONCE), name="push to the doomed")
        await until(lambda: claimed(hall, user))
        doomed.kill()
        await doomed.process.wait()
        (delivery,) = await pushing
        assert delivery.outcome == "failed"
    await let_go(hall, user)

    clock.now = utc_now()
    async with start.here() as survivor:
        await recover(survivor, clock)
        assert await claimed(hall, user), "the lease still runs: the process might live"
        clock.advance(seconds=LEASE_SECONDS + 1)
        (text,) = await api.until_sent(user)
        assert KNOWN_ANSWER in text
        assert (await wechat_for(survivor, clock=clock).expect(question)).silent
        clock.advance(minutes=10)
        await recover(survivor, clock)
    assert len(api.texts(user)) == 1
    turn = await hall.mongo.collection("turns").find_one({"inbound.user": user})
    assert turn is not None
    assert (turn["status"], turn["delivery"]) == ("done", "outbox")


async def test_a_retry_to_a_living_process_waits_for_the_orphan(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """WeChat comes again before the lease is over: it is told `success`, because the message is stored."""
    user = "oWaiting"
    async with start.here(reply_deadline_seconds=0.3) as program:
        wechat = wechat_for(program, clock=clock)
        question = wechat.text(user, KNOWN_QUESTION)
        await claim_for_a_dead_process(hall, question, clock)
        assert (await wechat.expect(question)).silent
        assert api.texts(user) == []
        clock.advance(seconds=LEASE_SECONDS + 1)
        (text,) = await api.until_sent(user)
        assert KNOWN_ANSWER in text
    assert len(api.texts(user)) == 1


async def claim_for_a_dead_process(stores: Stores, pushed: Fields, clock: Clock) -> None:
    """Leave a running turn behind, as a process does that dies right after the claim."""
    inbound = read_inbound(pushed, "official")  # the key of a message is the product's business
    known = await stores.turns.claim(inbound, owner="the dead", now=clock(), lease_seconds=LEASE_SECONDS)
    assert known is None


def left_running(clock: Clock) -> dict[str, object]:
    """The fields of a turn whose process died before it marked the turn done."""
    return {"status": "running", "delivery": None, "parts": [], "lease_until": clock()}


async def test_a_turn_that_was_saved_but_not_marked_done_is_not_done_twice(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """Died between saving the conversation and marking the turn: its reply is replayed, not made anew."""
    user = "oHalfDone"
    async with start.here() as program:
        wechat = wechat_for(program, clock=clock)
        assert KNOWN_ANSWER in (await wechat.say(user, KNOWN_QUESTION)).text
        assert "抱歉" in (await wechat.say(user, "没用")).text
        turns = hall.mongo.collection("turns")
        state_before = await hall.mongo.collection("conversations").find_one({})
        await turns.update_one({"inbound.text": "没用"}, {"$set": left_running(clock)})
        clock.advance(seconds=LEASE_SECONDS + 1)
        (text,) = await api.until_sent(user)
        assert "抱歉" in text
    state_after = await hall.mongo.collection("conversations").find_one({})
    assert state_before is not None
    assert state_after is not None
    assert state_after["state"] == state_before["state"]


async def test_a_handoff_opened_before_the_crash_is_opened_once(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    user = "oHandoff"
    async with start.here() as program:
        wechat = wechat_for(program, clock=clock)
        assert "已为您登记" in (await wechat.say(user, "转人工")).text
        conversations, turns = hall.mongo.collection("conversations"), hall.mongo.collection("turns")
        await conversations.delete_many({})  # it died before the state was saved
        await turns.update_one({}, {"$set": left_running(clock)})
        clock.advance(seconds=LEASE_SECONDS + 1)
        (text,) = await api.until_sent(user)
        assert "已为您登记" in text
    assert await hall.mongo.collection("handoffs").count_documents({}) == 1


@pytest.mark.slow
async def test_a_process_told_to_stop_finishes_its_turns(start: Starter, hall: Stores) -> None:
    """SIGTERM comes in the middle of a turn: the citizen is still answered, and the exit is clean."""
    user = "oLastOrders"
    await hold(hall, user, utc_now)
    async with start.apart("leaving") as leaving:
        wechat = wechat_for(leaving, clock=utc_now)
        pushing = asyncio.create_task(wechat.say(user, KNOWN_QUESTION), name="push to the leaving")
        await until(lambda: claimed(hall, user))
        leaving.process.terminate()
        await let_go(hall, user)
        assert KNOWN_ANSWER in (await pushing).text
        assert await leaving.process.wait() == 0
        assert "Traceback" not in leaving.log
