from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from handlers.numbers import DayTally, EntryCount, HandoffCount, Span
from handlers.turns import Trace
from helpdesk.handoffs import Handoff, HandoffReason
from messages import Inbound
from storage.mongo import Mongo
from storage.stores import Stores

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
"""When Monday begins in Beijing."""
TUESDAY_MORNING = MIDNIGHT + timedelta(days=1, hours=9)
WEEK = Span(MONDAY, date(2026, 11, 29))


async def start(stores: Stores, key: str, at: datetime, user: str = "o-citizen") -> None:
    inbound = Inbound(key, "official", user, "gh_1", "text", at, text="社保卡丢了怎么补办")
    assert await stores.turns.claim(inbound, owner="p1", now=at, lease_seconds=30) is None


async def turn(
    stores: Stores,
    key: str,
    at: datetime,
    outcome: str = "answered",
    *,
    entry: str = "",
    useful: bool | None = None,
    took: int = 40,
) -> None:
    await start(stores, key, at)
    done = at + timedelta(milliseconds=took)
    trace = Trace("question", outcome, entry)
    await stores.turns.finish(key, owner="p1", parts=(), trace=trace, now=done)
    if useful is not None:
        await stores.turns.rate(key, useful=useful, now=done)


async def a_monday(stores: Stores) -> DayTally:
    """Some turns of Monday, and what they come to."""
    noon = MIDNIGHT + timedelta(hours=12)
    await turn(stores, "before", MIDNIGHT - timedelta(milliseconds=1), entry="card")
    await turn(stores, "first", MIDNIGHT, entry="card", useful=True)
    await turn(stores, "good", noon, entry="card", useful=True, took=1234)
    await turn(stores, "bad", noon, entry="card", useful=False)
    await turn(stores, "unrated", noon, entry="pension", took=5678)
    await turn(stores, "which", noon, "asked_back", entry="pension")
    await turn(stores, "missed", noon, "not_answered")
    await turn(stores, "hello", noon, "command", took=7)
    await turn(stores, "subscribe", noon, "event")
    await start(stores, "running", noon + timedelta(hours=3), user="another")
    reasons: tuple[HandoffReason, ...] = ("asked", "missed")
    for number, reason in enumerate(reasons):
        handoff = Handoff(f"h{number}", "official", f"o-{number}", reason, "怎么办", noon, department="hrss")
        await stores.handoffs.open(handoff)
    return DayTally(
        MONDAY,
        {"answered": 4, "asked_back": 1, "not_answered": 1, "command": 1, "event": 1},
        ((40, 4), (1200, 1), (5600, 1)),
        2,
        1,
        (EntryCount("card", 3, 0, 2, 1), EntryCount("pension", 1, 1, 0, 0)),
        (HandoffCount("asked", "hrss", 1), HandoffCount("missed", "hrss", 1)),
    )


def ordered(tally: DayTally) -> DayTally:
    handoffs = tuple(sorted(tally.handoffs, key=lambda each: each.reason))
    return replace(tally, outcomes=dict(tally.outcomes), handoffs=handoffs)


async def test_a_day_that_is_not_over_is_counted_at_once(stores: Stores) -> None:
    expected = await a_monday(stores)
    monday, *others = await stores.numbers.days(WEEK)
    assert ordered(monday) == expected
    assert all(not each.outcomes for each in others)


async def test_a_settled_day_says_the_same_and_outlives_its_turns(mongo: Mongo, stores: Stores) -> None:
    expected = await a_monday(stores)
    await finish_running(stores)
    assert await stores.numbers.settle(TUESDAY_MORNING, most=9) == 2, "Sunday had a turn too"
    await stores.turns.forget("official", "o-citizen")
    await mongo.collection("turns").delete_many({})
    (monday,) = await stores.numbers.days(WEEK)
    with_the_late_one = {**expected.outcomes, "answered": 5}
    assert ordered(monday).outcomes == with_the_late_one
    assert ordered(monday).entries == expected.entries
    assert ordered(monday).handoffs == expected.handoffs
    (total,) = await stores.numbers.totals(WEEK)
    assert ordered(total) == replace(ordered(monday), entries=())
    (document,) = await mongo.collection("tallies").find({"_id": "2026-11-23"}).to_list(None)
    assert "o-citizen" not in str(document)
    assert "社保卡" not in str(document)
    assert document["expire_at"].year == 2029


async def finish_running(stores: Stores) -> None:
    trace = Trace("question", "answered")
    at = MIDNIGHT + timedelta(hours=15)
    await stores.turns.finish("running", owner="p1", parts=(), trace=trace, now=at)


async def test_a_day_waits_for_its_last_turn(stores: Stores) -> None:
    await a_monday(stores)
    assert await stores.numbers.settle(TUESDAY_MORNING, most=9) == 1, "Sunday only"
    await finish_running(stores)
    assert await stores.numbers.settle(TUESDAY_MORNING, most=9) == 1
    assert await stores.numbers.settle(TUESDAY_MORNING, most=9) == 0


async def test_a_day_is_settled_an_hour_after_its_end_and_days_without_turns_too(stores: Stores) -> None:
    await turn(stores, "one", MIDNIGHT + timedelta(hours=1))
    over = MIDNIGHT + timedelta(days=1)
    assert await stores.numbers.settle(over + timedelta(minutes=59), most=9) == 0
    assert await stores.numbers.settle(over + timedelta(minutes=60), most=9) == 1
    assert await stores.numbers.settle(over + timedelta(days=5, hours=1), most=3) == 3
    assert await stores.numbers.settle(over + timedelta(days=5, hours=1), most=9) == 2


async def test_nothing_is_settled_in_an_empty_hall(stores: Stores) -> None:
    assert await stores.numbers.settle(TUESDAY_MORNING, most=9) == 0
    assert await stores.numbers.days(WEEK) == ()


async def test_one_entry_alone_settled_and_not_settled(stores: Stores) -> None:
    await turn(stores, "monday", MIDNIGHT, entry="card", useful=True)
    await turn(stores, "other", MIDNIGHT, entry="pension")
    await stores.numbers.settle(TUESDAY_MORNING, most=9)
    await turn(stores, "tuesday", TUESDAY_MORNING, entry="card", useful=False)
    await turn(stores, "another", TUESDAY_MORNING, entry="pension")
    found = await stores.numbers.days(Span(MONDAY, TUESDAY), entry="card")
    assert found == (
        DayTally(MONDAY, {"answered": 1, "asked_back": 0}, (), 1, 0, (EntryCount("card", 1, 0, 1, 0),)),
        DayTally(TUESDAY, {"answered": 1, "asked_back": 0}, (), 0, 1, (EntryCount("card", 1, 0, 0, 1),)),
    )
    assert await stores.numbers.last_answer("card") == TUESDAY_MORNING
    assert await stores.numbers.last_answer("nothing") is None


async def test_only_the_days_asked_for_are_given(stores: Stores) -> None:
    for number in range(6):
        await turn(stores, f"k{number}", MIDNIGHT + timedelta(days=number))
    await stores.numbers.settle(TUESDAY_MORNING + timedelta(days=1), most=9)
    found = await stores.numbers.days(Span(TUESDAY, date(2026, 11, 26)))
    assert [each.day.day for each in found] == [24, 25, 26]
    assert all(each.outcomes == {"answered": 1} for each in found)
