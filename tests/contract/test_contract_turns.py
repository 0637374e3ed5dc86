from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pymongo.errors import OperationFailure

from handlers.turns import Trace, Turn
from messages import Inbound, Link, Links, Text
from storage.mongo import Mongo
from storage.stores import Stores, stores_of
from wechat.outbox import OutboxItem

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)
PARTS = (Text("请带身份证到 3 号窗口。"), Links((Link("办事指南", "https://hall.example/guides/1"),)))
TRACE = Trace(rule="question", outcome="answered", entry="e1", confidence=0.9, lines=("命中“社保卡”",))


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


async def claim(stores: Stores, message: Inbound, owner: str = "p1") -> Turn | None:
    return await stores.turns.claim(message, owner=owner, now=NOW, lease_seconds=60)


async def finish(stores: Stores, key: str = "k1", owner: str = "p1") -> str | None:
    return await stores.turns.finish(key, owner=owner, parts=PARTS, trace=TRACE, now=NOW)


async def test_a_new_message_becomes_a_running_turn_with_all_its_fields(stores: Stores) -> None:
    message = inbound(event="click", event_key="$menu.1", media_id="m", menu_choice="2")
    assert await claim(stores, message) is None
    turn = await stores.turns.get("k1")
    assert turn == Turn(
        inbound=message,
        status="running",
        owner="p1",
        received_at=NOW,
        lease_until=NOW + timedelta(seconds=60),
    )


async def test_the_same_message_again_gives_the_turn_that_exists(stores: Stores) -> None:
    await claim(stores, inbound())
    known = await claim(stores, inbound(), owner="p2")
    assert known is not None
    assert known.owner == "p1"


async def test_many_deliveries_in_two_processes_at_once_have_one_winner_each(
    mongo: Mongo, stores: Stores
) -> None:
    async with stores_of(mongo) as other:
        answers = await asyncio.gather(
            *(
                claim(which, inbound(f"k{number % 40}"), owner)
                for number in range(240)
                for which, owner in ((stores, "p1"), (other, "p2"))
            )
        )
    assert sum(answer is None for answer in answers) == 40
    assert await mongo.collection("turns").count_documents({}) == 40


async def test_claims_that_come_together_are_written_together(mongo: Mongo, stores: Stores) -> None:
    async def inserts() -> int:
        status = await mongo.database.command("serverStatus")
        return int(status["metrics"]["commands"]["insert"]["total"])

    before = await inserts()
    answers = await asyncio.gather(*(claim(stores, inbound(f"k{number}")) for number in range(100)))
    assert answers == [None] * 100
    assert await inserts() - before <= 5


async def test_a_message_that_cannot_be_stored_harms_no_other_in_its_batch(stores: Stores) -> None:
    broken = inbound("broken", text="\ud800")
    answers = await asyncio.gather(
        claim(stores, inbound("a")),
        claim(stores, broken),
        claim(stores, inbound("b")),
        return_exceptions=True,
    )
    assert answers[0] is None
    assert isinstance(answers[1], UnicodeEncodeError)
    assert answers[2] is None


@pytest.mark.parametrize(
    ("changes", "expected"),
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
async def test_only_an_older_message_of_the_same_citizen_is_waited_for(
    stores: Stores, changes: dict[str, object], *, expected: bool
) -> None:
    await claim(stores, inbound("other", **changes))
    await claim(stores, inbound())
    assert await stores.turns.earlier_running(inbound(), owner="another") is expected


async def test_the_own_messages_are_not_waited_for(stores: Stores) -> None:
    """A process that got two messages in the wrong order must not wait for itself."""
    await claim(stores, inbound("other", order=6))
    turn = await stores.turns.get("other")
    assert turn is not None
    assert await stores.turns.earlier_running(inbound(), owner=turn.owner) is False


async def test_a_finished_message_is_not_waited_for(stores: Stores) -> None:
    await claim(stores, inbound("other", order=1))
    await finish(stores, "other")
    assert await stores.turns.earlier_running(inbound(), owner="another") is False


async def test_a_finished_turn_leaves_as_passive_reply(stores: Stores) -> None:
    await claim(stores, inbound())
    assert await finish(stores) == "passive"
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert (turn.status, turn.delivery, turn.parts, turn.trace) == ("done", "passive", PARTS, TRACE)
    assert turn.handled_at == NOW
    assert await stores.turns.answer_late("k1") is False


async def test_text_that_looks_like_a_database_command_is_kept_as_text(stores: Stores) -> None:
    await claim(stores, inbound(text="$inbound.user"))
    odd = (Text("$$ROOT"), Text('{"$set": 1}'))
    await stores.turns.finish("k1", owner="p1", parts=odd, trace=Trace(lines=("$user",)), now=NOW)
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert (turn.inbound.text, turn.parts, turn.trace.lines) == ("$inbound.user", odd, ("$user",))


async def test_who_answered_late_first_sends_it_to_the_outbox(stores: Stores) -> None:
    await claim(stores, inbound())
    assert await stores.turns.answer_late("k1") is True
    assert await stores.turns.answer_late("k1") is True
    assert await finish(stores) == "outbox"
    assert await finish(stores) == "outbox"


async def test_finishing_twice_changes_nothing_the_second_time(stores: Stores) -> None:
    await claim(stores, inbound())
    await finish(stores)
    again = await stores.turns.finish("k1", owner="p1", parts=(), trace=Trace(), now=LATER)
    turn = await stores.turns.get("k1")
    assert again == "passive"
    assert turn is not None
    assert (turn.parts, turn.handled_at) == (PARTS, NOW)


async def test_finish_and_answer_late_at_once_always_agree(stores: Stores) -> None:
    for number in range(30):
        key = f"k{number}"
        await claim(stores, inbound(key))
        delivery, late = await asyncio.gather(finish(stores, key), stores.turns.answer_late(key))
        assert (delivery, late) in {("passive", False), ("outbox", True)}


async def test_a_turn_that_was_taken_over_cannot_be_finished_by_its_first_owner(stores: Stores) -> None:
    await claim(stores, inbound())
    assert await finish(stores, owner="p2") is None
    assert await stores.turns.take_abandoned(owner="p2", now=LATER, lease_seconds=60) is not None
    assert await finish(stores, owner="p1") is None
    assert await finish(stores, owner="p2") == "outbox"
    assert await finish(stores, "unknown") is None


async def test_an_unknown_turn_is_not_answered_late(stores: Stores) -> None:
    assert await stores.turns.answer_late("unknown") is False
    assert await stores.turns.get("unknown") is None


async def test_only_a_turn_whose_lease_ran_out_is_taken_over_and_by_one_process(stores: Stores) -> None:
    await claim(stores, inbound())
    lease_end = NOW + timedelta(seconds=60)
    assert await stores.turns.take_abandoned(owner="p2", now=lease_end, lease_seconds=60) is None
    taken = await asyncio.gather(
        *(stores.turns.take_abandoned(owner=f"p{n}", now=LATER, lease_seconds=60) for n in range(2, 8))
    )
    winners = [turn for turn in taken if turn is not None]
    assert len(winners) == 1
    assert winners[0].delivery == "outbox"
    assert winners[0].lease_until == LATER + timedelta(seconds=60)


async def outbox(stores: Stores) -> tuple[OutboxItem, ...]:
    return await stores.outbox.of_user("official", "o-citizen", after=NOW - timedelta(days=1))


ITEM = OutboxItem("k1", "official", "o-citizen", PARTS, NOW)


async def test_a_late_reply_is_in_the_outbox_as_soon_as_the_turn_is_done(stores: Stores) -> None:
    await claim(stores, inbound())
    await stores.turns.answer_late("k1")
    assert await outbox(stores) == ()
    await finish(stores)
    await finish(stores)
    assert await outbox(stores) == (ITEM,)


async def test_a_passive_or_silent_reply_is_not_in_the_outbox(stores: Stores) -> None:
    await claim(stores, inbound())
    await finish(stores)
    await claim(stores, inbound("k2"))
    await stores.turns.answer_late("k2")
    assert await stores.turns.finish("k2", owner="p1", parts=(), trace=TRACE, now=NOW) == "outbox"
    assert await outbox(stores) == ()


async def test_an_item_that_is_in_the_outbox_already_stays_as_it_is(stores: Stores) -> None:
    earlier = replace(ITEM, parts=(Text("先存的"),))
    await stores.outbox.put(earlier)
    await claim(stores, inbound())
    await stores.turns.answer_late("k1")
    assert await finish(stores) == "outbox"
    assert await outbox(stores) == (earlier,)


async def test_turn_and_item_are_stored_both_or_neither(mongo: Mongo, stores: Stores) -> None:
    await claim(stores, inbound())
    await stores.turns.answer_late("k1")
    refuse_all = {"validator": {"never": {"$exists": True}}, "validationAction": "error"}
    await mongo.database.command({"collMod": "outbox", **refuse_all})
    try:
        with pytest.raises(OperationFailure, match="failed validation"):
            await finish(stores)
    finally:
        await mongo.database.command({"collMod": "outbox", "validator": {}})
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert turn.status == "running"
    assert await finish(stores) == "outbox"
    assert await outbox(stores) == (ITEM,)


async def test_a_reply_that_nobody_took_leaves_through_the_outbox(stores: Stores) -> None:
    await claim(stores, inbound())
    await finish(stores)
    await stores.turns.mark_unclaimed("k1", now=NOW)
    assert await stores.turns.take_unclaimed(before=NOW) is None
    taken = await asyncio.gather(*(stores.turns.take_unclaimed(before=LATER) for _ in range(5)))
    assert [turn.delivery for turn in taken if turn is not None] == ["outbox"]
    assert await outbox(stores) == (ITEM,)
    assert await finish(stores) == "outbox"


async def test_a_later_delivery_can_still_take_the_reply(stores: Stores) -> None:
    await claim(stores, inbound())
    await finish(stores)
    await stores.turns.mark_unclaimed("k1", now=NOW)
    await stores.turns.mark_claimed("k1")
    assert await stores.turns.take_unclaimed(before=LATER) is None
    assert await outbox(stores) == ()


async def test_an_answer_is_rated_once(stores: Stores) -> None:
    await claim(stores, inbound())
    await finish(stores)
    assert await stores.turns.rate("k1", useful=False, now=NOW) is True
    assert await stores.turns.rate("k1", useful=True, now=NOW) is False
    assert await stores.turns.rate("unknown", useful=True, now=NOW) is False
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert turn.useful is False


async def test_turns_expire_after_the_days_that_were_asked_for(mongo: Mongo) -> None:
    async with stores_of(mongo, keep_days=3) as stores:
        await claim(stores, inbound())
    stored = await mongo.collection("turns").find_one({})
    assert stored is not None
    assert stored["expire_at"] == NOW + timedelta(days=3)


async def test_a_turn_that_runs_while_its_citizen_leaves_keeps_its_key_alone(
    mongo: Mongo, stores: Stores
) -> None:
    await claim(stores, inbound(event_key="scene", media_id="m"))
    await stores.turns.forget("official", "o-citizen")
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert (turn.inbound.user, turn.inbound.text, turn.inbound.event_key, turn.inbound.media_id) == ("",) * 4
    assert await finish(stores) == "passive"
    done = await stores.turns.get("k1")
    assert done is not None
    assert (done.status, done.parts) == ("done", ())
    assert await mongo.collection("turns").count_documents({}) == 1


async def test_a_late_reply_to_a_citizen_who_left_goes_nowhere(mongo: Mongo, stores: Stores) -> None:
    await claim(stores, inbound())
    await stores.turns.answer_late("k1")
    await stores.turns.forget("official", "o-citizen")
    assert await finish(stores) == "outbox"
    assert await mongo.collection("outbox").count_documents({}) == 0
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert turn.parts == ()


async def test_an_abandoned_turn_of_a_forgotten_citizen_is_closed(stores: Stores) -> None:
    await claim(stores, inbound())
    await stores.turns.forget("official", "o-citizen")
    assert await stores.turns.take_abandoned(owner="p2", now=LATER, lease_seconds=60) is None
    turn = await stores.turns.get("k1")
    assert turn is not None
    assert turn.status == "done"


async def test_what_was_missed_and_what_was_confirmed_is_found_for_the_clerks(stores: Stores) -> None:
    missed = Trace(rule="question", outcome="not_answered")
    for key, text, trace, useful in (
        ("k1", "火星移民怎么办", missed, None),
        ("k2", "社保卡丢了", TRACE, True),
        ("k3", "社保卡密码", TRACE, False),
        ("k4", "医保卡余额", TRACE, None),
    ):
        await claim(stores, inbound(key, text=text))
        await stores.turns.finish(key, owner="p1", parts=PARTS, trace=trace, now=NOW)
        if useful is not None:
            await stores.turns.rate(key, useful=useful, now=NOW)
    assert set(await stores.turns.unanswered(since=NOW, limit=10)) == {"火星移民怎么办", "社保卡密码"}
    assert await stores.turns.unanswered(since=LATER, limit=10) == ()
    assert await stores.turns.confirmed(since=NOW, limit=10) == (("社保卡丢了", "e1"),)


async def test_a_late_reply_begins_with_the_reminder_and_a_passive_one_does_not(stores: Stores) -> None:
    lead = (Text("您刚才问“社保卡丢了怎么办”，答复如下："),)
    for key in ("k1", "k2"):
        await claim(stores, inbound(key))
    await stores.turns.answer_late("k1")
    for key in ("k1", "k2"):
        await stores.turns.finish(key, owner="p1", parts=PARTS, trace=TRACE, now=NOW, late_lead=lead)
    (item,) = await outbox(stores)
    assert item.parts == (*lead, *PARTS)
    passive = await stores.turns.get("k2")
    assert passive is not None
    assert passive.parts == PARTS


async def test_a_reply_that_one_delivery_took_is_not_lost_by_another(stores: Stores) -> None:
    """Two deliveries end at once; the news that one of them hung up may come last."""
    await claim(stores, inbound())
    await finish(stores)
    await stores.turns.mark_claimed("k1")
    await stores.turns.mark_unclaimed("k1", now=NOW)
    assert await stores.turns.take_unclaimed(before=LATER) is None


async def test_what_a_citizen_and_the_assistant_said_is_read_oldest_first(stores: Stores) -> None:
    for number in range(4):
        message = inbound(f"k{number}", at=NOW + timedelta(seconds=number), text=f"问{number}")
        await claim(stores, message)
        if number < 3:
            await finish(stores, f"k{number}")
    found = await stores.turns.of_user("official", "o-citizen", limit=2)
    assert [turn.inbound.text for turn in found] == ["问1", "问2"], "the newest that are done"
    assert await stores.turns.of_user("official", "somebody else", limit=2) == ()
