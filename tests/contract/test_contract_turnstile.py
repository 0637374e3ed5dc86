from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers.conversation import Conversation, State
from handlers.turns import Trace
from handlers.turnstile import Leaving
from messages import Choice, Choices, Inbound, Text
from storage.documents import DamagedDocumentError
from storage.mongo import Mongo
from storage.stores import Stores, stores_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)
PARTS = (Text("请带身份证到 3 号窗口。"), Choices("您想问的是：", (Choice(1, "社保卡补办"),)))
TRACE = Trace(rule="question", outcome="answered", entry="e1", confidence=0.9, lines=("命中“社保卡”",))
LEAD = (Text("您刚才问“社保卡丢了怎么办”，答复如下："),)


def inbound(key: str = "k1", **changes: object) -> Inbound:
    message = Inbound(
        key=key,
        channel="official",
        user="o-citizen",
        account="gh_1",
        kind="text",
        at=NOW,
        order=7,
        text="社保卡丢了怎么办",
    )
    return replace(message, **changes)  # type: ignore[arg-type]


async def claim(stores: Stores, message: Inbound, owner: str = "p1") -> None:
    assert await stores.turns.claim(message, owner=owner, now=NOW, lease_seconds=60) is None


async def enter(stores: Stores, message: Inbound | None = None, owner: str = "p1") -> Conversation | None:
    return await stores.turnstile.enter(message or inbound(), owner=owner, now=NOW)


async def entered(stores: Stores, message: Inbound | None = None, owner: str = "p1") -> Conversation:
    conversation = await enter(stores, message, owner)
    assert conversation is not None
    return conversation


def leaving(seen: Conversation, key: str = "k1", owner: str = "p1", misses: int = 1) -> Leaving:
    state = State(choices=("e1", "e2"), more=(Text("其余"),), misses=misses, recent=(NOW,), at=NOW)
    return Leaving(
        seen.after(key, state, PARTS), seen=seen.last_turn, owner=owner, trace=TRACE, now=NOW, late_lead=LEAD
    )


async def leave(stores: Stores, seen: Conversation, key: str = "k1", owner: str = "p1") -> str:
    return await stores.turnstile.leave(leaving(seen, key, owner))


async def test_a_new_citizen_has_an_empty_conversation_that_nobody_holds(stores: Stores) -> None:
    assert await enter(stores) == Conversation(channel="official", user="o-citizen")
    assert await enter(stores) == Conversation(channel="official", user="o-citizen")
    held = await stores.conversations.lock("official", "o-citizen", owner="t", now=NOW, lease_seconds=30)
    assert held == Conversation(channel="official", user="o-citizen")


async def test_many_new_citizens_enter_together(stores: Stores) -> None:
    messages = [inbound(f"k{number}", user=f"o-{number}") for number in range(40)]
    found = await asyncio.gather(*(enter(stores, message) for message in messages))
    assert [each.user for each in found if each is not None] == [message.user for message in messages]


async def test_what_was_left_is_stored_with_the_turn_and_read_by_the_next(stores: Stores) -> None:
    await claim(stores, inbound())
    seen = await entered(stores)
    assert await leave(stores, seen) == "passive"
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert (turn.status, turn.delivery, turn.parts, turn.trace) == ("done", "passive", PARTS, TRACE)
    assert (turn.handled_at, turn.late_lead) == (NOW, LEAD)
    assert await enter(stores) == leaving(seen).conversation
    assert await stores.turns.finish("k1", owner="p1", parts=(), trace=Trace(), now=LATER) == "passive"
    assert await stores.turns.answer_late("k1") is False


async def test_text_that_looks_like_a_database_command_is_kept_as_text(stores: Stores) -> None:
    await claim(stores, inbound())
    seen = await entered(stores)
    odd = (Text("$$ROOT"), Text('{"$set": 1}'), Text("$last_turn"))
    state = State(asked="$$REMOVE", entry="$user")
    way = replace(leaving(seen), conversation=seen.after("k1", state, odd), trace=Trace(lines=("$owner",)))
    assert await stores.turnstile.leave(way) == "passive"
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert (turn.parts, turn.trace.lines) == (odd, ("$owner",))
    assert (await entered(stores)).state == state


async def test_nobody_enters_while_the_conversation_is_held(stores: Stores) -> None:
    await stores.conversations.lock("official", "o-citizen", owner="t", now=NOW, lease_seconds=30)
    assert await enter(stores) is None
    assert await enter(stores, inbound(user="somebody else")) is not None
    await stores.conversations.release("official", "o-citizen", owner="t")
    assert await enter(stores) is not None


@pytest.mark.parametrize(
    ("changes", "behind"),
    [
        ({"at": NOW - timedelta(seconds=1), "order": 9}, True),
        ({"order": 6}, True),
        ({"order": 7}, False),
        ({"order": 8}, False),
        ({"at": NOW + timedelta(seconds=1), "order": 1}, False),
        ({"order": 6, "user": "somebody else"}, False),
        ({"order": 6, "channel": "mini"}, False),
    ],
)
async def test_nobody_enters_before_an_older_message_in_another_process(
    stores: Stores, changes: dict[str, object], *, behind: bool
) -> None:
    await claim(stores, inbound("other", **changes), owner="p2")
    beside = inbound("beside", user="somebody else", order=8), "p1"
    found, _, own = await asyncio.gather(
        enter(stores), enter(stores, *beside), enter(stores, inbound(), owner="p2")
    )
    assert (found is None) is behind
    assert own is not None, "the order of one's own messages is one's own affair"
    assert (await enter(stores) is None) is behind
    await stores.turns.finish("other", owner="p2", parts=PARTS, trace=TRACE, now=NOW)
    assert await enter(stores) is not None


async def test_of_many_who_saw_the_same_one_leaves(mongo: Mongo, stores: Stores) -> None:
    keys = [f"k{number}" for number in range(16)]
    for key in keys:
        await claim(stores, inbound(key))
    seen = await entered(stores)
    async with stores_of(mongo) as other:
        ways = [leave(other if number % 2 else stores, seen, key) for number, key in enumerate(keys)]
        departures = await asyncio.gather(*ways)
    assert sorted(departures) == ["changed"] * 15 + ["passive"]
    assert (await entered(stores)).last_turn == keys[departures.index("passive")]
    assert await mongo.collection("turns").count_documents({"status": "done"}) == 1


async def test_turns_that_see_again_what_has_changed_come_one_after_another(
    mongo: Mongo, stores: Stores
) -> None:
    async def count_up(which: Stores, key: str) -> None:
        await claim(which, inbound(key))
        while True:
            seen = await enter(which)
            if seen is None:  # the other process has made the conversation in this moment
                continue
            if await which.turnstile.leave(leaving(seen, key, misses=seen.state.misses + 1)) == "passive":
                return

    async with stores_of(mongo) as other:
        both = (stores, other)
        await asyncio.gather(*(count_up(both[number % 2], f"k{number}") for number in range(8)))
    assert (await entered(stores)).state.misses == 8


async def test_who_left_is_told_so_even_when_others_came_after(stores: Stores) -> None:
    """The proof of a batch is read after it: in between, another process may have gone on."""
    await claim(stores, inbound())
    first = await entered(stores)
    assert await leave(stores, first) == "passive"
    for key in ("k2", "k3"):
        await claim(stores, inbound(key))
        assert await leave(stores, await entered(stores), key) == "passive"
    assert await leave(stores, first) == "passive"
    assert (await entered(stores)).last_turn == "k3"


async def test_who_saw_it_free_cannot_leave_while_it_is_held(stores: Stores) -> None:
    await claim(stores, inbound())
    seen = await entered(stores)
    await stores.conversations.lock("official", "o-citizen", owner="t", now=NOW, lease_seconds=30)
    assert await leave(stores, seen) == "changed"
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert turn.status == "running"
    await stores.conversations.release("official", "o-citizen", owner="t")
    assert await leave(stores, seen) == "passive"


async def test_a_forgotten_conversation_is_not_brought_back(mongo: Mongo, stores: Stores) -> None:
    await claim(stores, inbound())
    seen = await entered(stores)
    await stores.conversations.forget("official", "o-citizen")
    await stores.turns.forget("official", "o-citizen")
    assert await leave(stores, seen) == "gone"
    assert await mongo.collection("conversations").count_documents({}) == 0
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert (turn.status, turn.parts) == ("running", ())


async def test_a_turn_whose_citizen_left_is_finished_the_long_way(stores: Stores) -> None:
    await claim(stores, inbound())
    seen = await entered(stores)
    await stores.turns.forget("official", "o-citizen")
    assert await leave(stores, seen) == "saved"
    assert await stores.turns.finish("k1", owner="p1", parts=PARTS, trace=TRACE, now=NOW) == "passive"
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert turn.parts == ()


async def test_a_late_turn_is_finished_the_long_way(stores: Stores) -> None:
    await claim(stores, inbound())
    seen = await entered(stores)
    assert await stores.turns.answer_late("k1") is True
    assert await leave(stores, seen) == "saved"
    assert (await entered(stores)).last_turn == "k1"
    assert await stores.turns.finish("k1", owner="p1", parts=PARTS, trace=TRACE, now=NOW) == "outbox"


async def test_a_turn_that_was_taken_over_is_not_finished_by_its_first_owner(stores: Stores) -> None:
    await claim(stores, inbound())
    seen = await entered(stores)
    assert await stores.turns.take_abandoned(owner="p2", now=LATER, lease_seconds=60) is not None
    assert await leave(stores, seen) == "saved"
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert (turn.status, turn.owner) == ("running", "p2")


async def test_leaving_and_answering_late_at_once_always_agree(stores: Stores) -> None:
    for number in range(20):
        key = f"k{number}"
        await claim(stores, inbound(key))
        seen = await entered(stores)
        departure, late = await asyncio.gather(leave(stores, seen, key), stores.turns.answer_late(key))
        assert (departure, late) in {("passive", False), ("saved", True)}


async def test_to_leave_again_changes_nothing(stores: Stores) -> None:
    """As after a connection that broke when the command had been carried out."""
    await claim(stores, inbound())
    seen = await entered(stores)
    assert await leave(stores, seen) == "passive"
    assert await leave(stores, seen) == "passive"
    await stores.turns.mark_unclaimed("k1", now=NOW)
    assert await leave(stores, seen) == "passive"
    assert await stores.turns.take_unclaimed(before=LATER) is not None
    assert await leave(stores, seen) == "saved"


async def test_turns_that_leave_together_are_written_together(mongo: Mongo, stores: Stores) -> None:
    async def updates() -> int:
        status = await mongo.database.command("serverStatus")
        return int(status["metrics"]["commands"]["update"]["total"])

    messages = [inbound(f"k{number}", user=f"o-{number}") for number in range(60)]
    await asyncio.gather(*(claim(stores, message) for message in messages))
    seen = await asyncio.gather(*(entered(stores, message) for message in messages))
    before = await updates()
    departures = await asyncio.gather(
        *(leave(stores, each, message.key) for each, message in zip(seen, messages, strict=True))
    )
    assert departures == ["passive"] * 60
    assert await updates() - before <= 4


async def test_each_of_those_who_leave_together_has_its_own_way(stores: Stores) -> None:
    names = ("plain", "late", "held", "forgotten", "unknown")
    messages = {name: inbound(name, user=name) for name in names}
    for name in names[:-1]:
        await claim(stores, messages[name])
    seen = {name: await entered(stores, message) for name, message in messages.items()}
    await stores.turns.answer_late("late")
    await stores.conversations.lock("official", "held", owner="t", now=NOW, lease_seconds=30)
    await stores.conversations.forget("official", "forgotten")
    departures = await asyncio.gather(*(leave(stores, seen[name], name) for name in names))
    assert departures == ["passive", "saved", "changed", "gone", "saved"]


async def test_a_damaged_conversation_harms_no_other(mongo: Mongo, stores: Stores) -> None:
    await entered(stores)
    await mongo.collection("conversations").update_one({}, {"$set": {"state": "lost"}})
    damaged, whole = await asyncio.gather(
        enter(stores), enter(stores, inbound(user="somebody else")), return_exceptions=True
    )
    assert isinstance(damaged, DamagedDocumentError)
    assert isinstance(whole, Conversation)


async def test_conversations_live_for_the_days_after_the_last_message(mongo: Mongo) -> None:
    async with stores_of(mongo, keep_days=3) as stores:
        await claim(stores, inbound())
        await leave(stores, await entered(stores))
    stored = await mongo.collection("conversations").find_one({})
    assert stored is not None
    assert NOW + timedelta(days=3) <= stored["expire_at"] <= NOW + timedelta(days=4)
