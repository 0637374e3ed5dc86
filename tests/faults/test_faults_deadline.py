"""The 4.0 s deadline: `success` goes out in time, the reply follows, and nothing is said twice."""

from __future__ import annotations

import asyncio

import pytest

from storage.stores import Stores
from tests.faults.conftest import Starter, hold, let_go, wechat_for
from tests.faults.waiting import until
from tests.platform.api import FakeApi
from tests.platform.pusher import ONCE, Plan
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, Clock

DEADLINE = {"reply_deadline_seconds": 0.3}


async def test_a_slow_turn_gets_success_and_its_reply_follows_once(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    async with start.here(**DEADLINE) as program:
        wechat = wechat_for(program, clock=clock)
        await hold(hall, "oSlow", clock)
        question = wechat.text("oSlow", KNOWN_QUESTION)
        assert (await wechat.expect(question)).silent
        assert api.texts("oSlow") == [], "nothing can have been said yet"
        await let_go(hall, "oSlow")
        (text,) = await api.until_sent("oSlow")
        assert KNOWN_ANSWER in text
        assert KNOWN_QUESTION in text, "a late reply reminds of its question"
        for plan in (Plan(again=True), Plan(again=True, same_nonce=False, at_once=True)):
            for delivery in await wechat.push(question, plan):
                assert delivery.answer is not None
                assert delivery.answer.silent
        clock.advance(minutes=5)
        assert (await wechat.expect(wechat.event("oSlow", "VIEW", "x"))).silent
    assert len(api.texts("oSlow")) == 1
    assert await hall.mongo.collection("turns").count_documents({"inbound.user": "oSlow"}) == 2
    assert api.broken == []


async def test_a_deadline_of_a_millisecond_loses_and_doubles_nothing(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """Not stored yet when `success` should go out: an error, so that WeChat comes again; no false yes."""
    users = [f"oHasty{number}" for number in range(12)]
    said_late: list[str] = []
    said_at_once: list[str] = []
    async with start.here(reply_deadline_seconds=0.001) as program:
        wechat = wechat_for(program, clock=clock)
        for user in users:
            deliveries = await wechat.push(wechat.text(user, KNOWN_QUESTION), Plan(deliveries=8))
            failed, last = deliveries[:-1], deliveries[-1]
            assert {each.status for each in failed} <= {503}
            assert last.answer is not None
            assert last.answer.silent or KNOWN_ANSWER in last.answer.text
            (said_late if last.answer.silent else said_at_once).append(user)
        for user in said_late:
            (text,) = await api.until_sent(user)
            assert KNOWN_ANSWER in text

        async def all_done() -> bool:
            return await hall.mongo.collection("turns").count_documents({"status": "done"}) == len(users)

        await until(all_done)
    said_late = [
        turn["inbound"]["user"] async for turn in hall.mongo.collection("turns").find({"delivery": "outbox"})
    ]
    assert sorted(api.sent) == sorted(said_late)
    assert all(len(api.texts(user)) == 1 for user in said_late)


async def test_the_reply_survives_an_api_that_fails_at_first(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """A busy platform (-1) and a dead token (40001): tried again, sent once."""
    api.errors += [-1, 40001]
    async with start.here(**DEADLINE) as program:
        wechat = wechat_for(program, clock=clock)
        await hold(hall, "oRetry", clock)
        assert (await wechat.say("oRetry", KNOWN_QUESTION)).silent
        await let_go(hall, "oRetry")

        async def tried() -> bool:
            clock.advance(seconds=1)
            return bool(api.texts("oRetry"))

        await until(tried)
    assert len(api.texts("oRetry")) == 1
    assert api.calls.count("custom/send") == 3


async def test_a_citizen_who_cannot_be_reached_is_not_pestered(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """45015, the window is closed: one attempt; the item is held with its reason until they write again."""
    api.errors += [45015]
    async with start.here(**DEADLINE) as program:
        wechat = wechat_for(program, clock=clock)
        await hold(hall, "oClosed", clock)
        assert (await wechat.say("oClosed", KNOWN_QUESTION)).silent
        await let_go(hall, "oClosed")

        async def settled() -> bool:
            return (await hall.outbox.counts()).get("held", 0) == 1

        await until(settled)
        clock.advance(hours=1)
        item = await hall.mongo.collection("outbox").find_one({"user": "oClosed"})
    assert item is not None
    assert item["reason"]
    assert api.calls.count("custom/send") == 1


@pytest.mark.parametrize("deliveries", [3, 4])
async def test_retries_join_the_running_turn(
    start: Starter, clock: Clock, hall: Stores, deliveries: int
) -> None:
    """Three or four deliveries wait for one turn, and all get its reply (shared/WECHAT.md 2: 3 or 1+3)."""
    async with start.here() as program:
        wechat = wechat_for(program, clock=clock)
        await hold(hall, "oJoined", clock)
        question = wechat.text("oJoined", KNOWN_QUESTION)

        async def claimed() -> bool:
            return await hall.mongo.collection("turns").count_documents({}) == 1

        async def release() -> None:
            await until(claimed)
            await let_go(hall, "oJoined")

        plan = Plan(deliveries=deliveries, again=True, at_once=True, same_nonce=False)
        answers, _ = await asyncio.gather(wechat.push(question, plan), release())
        texts = {each.answer.text for each in answers if each.answer is not None}
        assert len(texts) == 1
        assert KNOWN_ANSWER in texts.pop()
    assert await hall.mongo.collection("turns").count_documents({}) == 1


async def test_late_replies_do_not_count_as_answers_of_the_next_question(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """The next message waits for the slow one, and gets its own answer."""
    async with start.here(**DEADLINE) as program:
        wechat = wechat_for(program, clock=clock)
        await hold(hall, "oNext", clock)
        assert (await wechat.say("oNext", KNOWN_QUESTION)).silent
        (second,) = await wechat.push(wechat.text("oNext", "谢谢"), ONCE)
        assert second.answer is not None
        assert second.answer.silent
        await let_go(hall, "oNext")
        first_text, second_text = await api.until_sent("oNext", 2)
    assert KNOWN_ANSWER in first_text
    assert "不客气" in second_text
