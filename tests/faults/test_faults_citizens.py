"""Leaving, writing too fast, and the change of keys: nobody is kept, drowned or locked out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from storage.stores import Stores
from tests.faults.conftest import ACCOUNT, Starter, hold, let_go, wechat_for
from tests.faults.waiting import until
from tests.mongo import all_documents
from tests.platform.api import FakeApi
from tests.platform.pusher import ONCE, FakeWeChat, Plan
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, Clock

LEAVER, STAYER = "oLeaverLeaverLeaver", "oStayerStayerStayer"
SECRET_TEXT = "我的社保卡丢了怎么补办，我叫张三丰"


async def mentions(stores: Stores, word: str) -> list[str]:
    """Documents in which a word stands, in any field or id."""
    found = [json.dumps(each, default=str, ensure_ascii=False) for each in await all_documents(stores.mongo)]
    return [each for each in found if word in each]


async def live_a_little(wechat: FakeWeChat, user: str) -> None:
    """Leave a trace in every store."""
    await wechat.expect(wechat.event(user, "subscribe", "qrscene_qa.card-lost"))
    await wechat.say(user, SECRET_TEXT)
    await wechat.say(user, "没用")
    await wechat.say(user, "转人工")
    await wechat.expect(wechat.message("image", user, PicUrl="http://x.example/1", MediaId="m1"))


async def test_who_unfollows_is_nowhere_any_more(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """The platform demands that all of that person's information is deleted (shared/WECHAT.md 3)."""
    async with start.here(reply_deadline_seconds=0.3) as program:
        wechat = wechat_for(program, clock=clock)
        for user in (LEAVER, STAYER):
            await live_a_little(wechat, user)
            clock.advance(seconds=1)
        api.errors += [45011] * 50  # a late reply that waits in the outbox
        await hold(hall, LEAVER, clock)
        assert (await wechat.say(LEAVER, KNOWN_QUESTION)).silent
        await let_go(hall, LEAVER)

        async def queued() -> bool:
            return await hall.mongo.collection("outbox").count_documents({"user": LEAVER}) == 1

        await until(queued)
        names = {"turns", "conversations", "handoffs", "outbox"}
        for name in names:
            assert await hall.mongo.collection(name).count_documents({}) > 0, name
        assert await mentions(hall, LEAVER)

        leaving = wechat.event(LEAVER, "unsubscribe", "")
        for delivery in await wechat.push(leaving, Plan(again=True, same_nonce=False)):
            assert delivery.answer is not None
            assert delivery.answer.silent

        async def gone() -> bool:
            return not await mentions(hall, LEAVER)

        await until(gone)
        assert api.texts(LEAVER) == []
        assert len(await mentions(hall, STAYER)) >= 5
        assert "张三丰" in "".join(await mentions(hall, STAYER))
    assert await mentions(hall, LEAVER) == []


async def test_who_unfollows_while_a_message_is_handled_is_nowhere_either(
    start: Starter, clock: Clock, hall: Stores
) -> None:
    """The message waits, the leaving waits behind it; then both are done and nothing is left."""
    async with start.here() as program, start.here() as other:
        wechat = wechat_for(program, other, clock=clock)
        await hold(hall, LEAVER, clock)
        async with asyncio.TaskGroup() as group:
            group.create_task(wechat.push(wechat.text(LEAVER, SECRET_TEXT), ONCE), name="question")

            async def stored(count: int) -> bool:
                return await hall.mongo.collection("turns").count_documents({}) == count

            await until(lambda: stored(1))
            clock.advance(seconds=1)
            group.create_task(wechat.push(wechat.event(LEAVER, "unsubscribe"), ONCE), name="leaving")
            await until(lambda: stored(2))
            await let_go(hall, LEAVER)
        assert await mentions(hall, LEAVER) == []
        assert await mentions(hall, "张三丰") == []


async def test_who_comes_back_starts_anew(start: Starter, clock: Clock) -> None:
    async with start.here() as program:
        wechat = wechat_for(program, clock=clock)
        await live_a_little(wechat, LEAVER)
        await wechat.expect(wechat.event(LEAVER, "unsubscribe", ""))
        clock.advance(seconds=1)
        assert "测试县" in (await wechat.expect(wechat.event(LEAVER, "subscribe", ""))).text
        assert "没有需要评价" in (await wechat.say(LEAVER, "有用")).text
        assert "已为您登记" in (await wechat.say(LEAVER, "人工")).text


async def test_a_citizen_who_writes_too_fast_is_asked_for_patience(start: Starter, clock: Clock) -> None:
    async with start.here(flood_limit=3) as program:
        wechat = wechat_for(program, clock=clock)
        for _ in range(3):
            assert KNOWN_ANSWER in (await wechat.say("oFlood", KNOWN_QUESTION)).text
        for _ in range(3):
            assert "有点快" in (await wechat.say("oFlood", KNOWN_QUESTION)).text
        assert "119" in (await wechat.say("oFlood", "家里着火了")).text, "danger is always heard"
        assert KNOWN_ANSWER in (await wechat.say("oOther", KNOWN_QUESTION)).text
        clock.advance(seconds=61)
        assert KNOWN_ANSWER in (await wechat.say("oFlood", KNOWN_QUESTION)).text


async def test_retries_do_not_count_as_a_flood(start: Starter, clock: Clock) -> None:
    async with start.here(flood_limit=3) as program:
        wechat = wechat_for(program, clock=clock)
        for _ in range(3):
            deliveries = await wechat.push(wechat.text("oFlood", KNOWN_QUESTION), Plan(again=True))
            assert all(each.answer and KNOWN_ANSWER in each.answer.text for each in deliveries)


async def test_while_the_key_is_changed_old_and_new_work_and_a_third_does_not(
    start: Starter, clock: Clock
) -> None:
    """The answer is sealed with the key that opened the push; the strict reader opens it with that one."""
    old, new, third = (replace(ACCOUNT, aes_key=each * 42 + "A") for each in "ONT")
    keys = {"wechat_aes_key": new.aes_key, "wechat_aes_key_previous": old.aes_key}
    async with start.here(**keys) as program:
        for account in (old, new):
            wechat = wechat_for(program, clock=clock, account=account)
            answer = await wechat.say(f"oKey{account.aes_key[0]}", KNOWN_QUESTION)
            assert answer.sealed
            assert KNOWN_ANSWER in answer.text
        wechat = wechat_for(program, clock=clock, account=third)
        (delivery,) = await wechat.push(wechat.text("oKeyT", KNOWN_QUESTION), ONCE)
        assert delivery.status == 400


async def test_a_retry_may_come_with_the_new_key(start: Starter, clock: Clock, hall: Stores) -> None:
    """The key changes between two deliveries of one message: one turn, and each answer fits its push."""
    old, new = (replace(ACCOUNT, aes_key=each * 42 + "A") for each in "ON")
    keys = {"wechat_aes_key": new.aes_key, "wechat_aes_key_previous": old.aes_key}
    async with start.here(**keys) as program:
        before = wechat_for(program, clock=clock, account=old)
        question = before.text("oTwoKeys", KNOWN_QUESTION)
        first = await before.expect(question)
        second = await wechat_for(program, clock=clock, account=new).expect(question)
        assert first.text == second.text
    assert await hall.mongo.collection("turns").count_documents({}) == 1
