from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from handlers.conversation import Conversation, State
from messages import Choice, Choices, Text
from storage.mongo import Mongo
from storage.stores import Stores, stores_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


async def lock(stores: Stores, owner: str = "t1", now: datetime = NOW) -> Conversation | None:
    return await stores.conversations.lock("official", "o-1", owner=owner, now=now, lease_seconds=30)


async def test_a_new_citizen_has_an_empty_conversation(stores: Stores) -> None:
    assert await lock(stores) == Conversation(channel="official", user="o-1")


async def test_what_was_saved_is_read_by_the_next_turn(stores: Stores) -> None:
    conversation = await lock(stores)
    assert conversation is not None
    more = (Choices("您想问的是：", (Choice(1, "社保卡补办"),), "回复数字"), Text("其余"))
    state = State(choices=("e1", "e2"), more=more, misses=1, recent=(NOW, NOW), at=NOW)
    saved = replace(conversation, state=state, last_turn="t1", last_parts=(Text("好"),))
    assert await stores.conversations.save(saved, owner="t1") is True
    assert await lock(stores, "t2") == saved


async def test_nobody_gets_the_lock_while_another_lease_runs(mongo: Mongo, stores: Stores) -> None:
    async with stores_of(mongo) as other:
        assert await lock(stores) is not None
        assert await lock(other, "t2") is None
        assert await lock(other, "t2", NOW + timedelta(seconds=29)) is None
        assert await lock(other, "t2", NOW + timedelta(seconds=30)) is not None


async def test_the_same_turn_gets_its_lock_again(stores: Stores) -> None:
    assert await lock(stores) is not None
    assert await lock(stores) is not None


async def test_of_many_at_once_one_gets_the_lock(mongo: Mongo, stores: Stores) -> None:
    async with stores_of(mongo) as other:
        for _ in range(10):
            await stores.conversations.forget("official", "o-1")
            taken = await asyncio.gather(
                *(lock(stores if number % 2 else other, f"t{number}") for number in range(16))
            )
            assert sum(conversation is not None for conversation in taken) == 1


async def test_locked_turns_come_one_after_another(mongo: Mongo, stores: Stores) -> None:
    async def count_up(which: Stores, owner: str) -> None:
        while (conversation := await lock(which, owner)) is None:  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0)
        state = replace(conversation.state, misses=conversation.state.misses + 1)
        assert await which.conversations.save(replace(conversation, state=state), owner=owner)

    async with stores_of(mongo) as other:
        await asyncio.gather(
            *(count_up(stores if number % 2 else other, f"t{number}") for number in range(12))
        )
    final = await lock(stores, "last")
    assert final is not None
    assert final.state.misses == 12


async def test_who_lost_the_lease_cannot_save(stores: Stores) -> None:
    mine = await lock(stores)
    assert mine is not None
    assert await lock(stores, "t2", NOW + timedelta(seconds=31)) is not None
    assert await stores.conversations.save(replace(mine, last_turn="t1"), owner="t1") is False
    await stores.conversations.release("official", "o-1", owner="t1")
    assert await lock(stores, "t3", NOW + timedelta(seconds=32)) is None


async def test_releasing_changes_nothing_but_the_lock(stores: Stores) -> None:
    first = await lock(stores)
    assert first is not None
    await stores.conversations.release("official", "o-1", owner="t1")
    assert await lock(stores, "t2") == first


async def test_a_forgotten_conversation_is_not_brought_back_by_a_late_save(
    mongo: Mongo, stores: Stores
) -> None:
    mine = await lock(stores)
    assert mine is not None
    await stores.conversations.forget("official", "o-1")
    assert await stores.conversations.save(mine, owner="t1") is False
    assert await mongo.collection("conversations").count_documents({}) == 0


async def test_channels_are_apart(stores: Stores) -> None:
    assert await lock(stores) is not None
    other = await stores.conversations.lock("mini", "o-1", owner="t2", now=NOW, lease_seconds=30)
    assert other == Conversation(channel="mini", user="o-1")
