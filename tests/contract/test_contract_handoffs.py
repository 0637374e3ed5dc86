from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from helpdesk.handoffs import Handoff
from storage.mongo import Mongo
from storage.stores import Stores

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HANDOFF = Handoff(
    id="h1",
    channel="official",
    user="o-1",
    reason="asked",
    question="低保怎么申请",
    opened_at=NOW,
    department="民政局",
)


async def test_a_handoff_is_kept_as_it_was_opened(stores: Stores) -> None:
    assert await stores.handoffs.open(HANDOFF) == HANDOFF
    assert await stores.handoffs.current("official", "o-1") == HANDOFF
    assert await stores.handoffs.current("mini", "o-1") is None
    assert await stores.handoffs.waiting_count() == 1


async def test_a_citizen_has_one_open_handoff_however_often_they_ask(mongo: Mongo, stores: Stores) -> None:
    opened = await asyncio.gather(
        *(stores.handoffs.open(replace(HANDOFF, id=f"h{number}")) for number in range(12))
    )
    assert len({handoff.id for handoff in opened}) == 1
    assert await mongo.collection("handoffs").count_documents({}) == 1


async def test_opening_the_same_one_again_gives_it_back_even_when_closed(stores: Stores) -> None:
    await stores.handoffs.open(HANDOFF)
    await stores.handoffs.close("h1", now=NOW)
    again = await stores.handoffs.open(HANDOFF)
    assert again == replace(HANDOFF, state="closed", closed_at=NOW)


async def test_a_handoff_is_closed_once_and_then_a_new_one_can_be_opened(stores: Stores) -> None:
    await stores.handoffs.open(HANDOFF)
    assert await stores.handoffs.close("h1", now=NOW) is True
    assert await stores.handoffs.close("h1", now=NOW) is False
    assert await stores.handoffs.close("unknown", now=NOW) is False
    assert await stores.handoffs.current("official", "o-1") is None
    assert await stores.handoffs.waiting_count() == 0
    second = replace(HANDOFF, id="h2")
    assert await stores.handoffs.open(second) == second
    assert await stores.handoffs.current("official", "o-1") == second


async def test_a_number_for_a_call_back_is_kept_while_it_is_open(stores: Stores) -> None:
    promised = replace(HANDOFF, promised_at=NOW)
    await stores.handoffs.open(promised)
    assert await stores.handoffs.note_phone("h1", "13800000000") is True
    assert await stores.handoffs.current("official", "o-1") == replace(promised, phone="13800000000")
    await stores.handoffs.close("h1", now=NOW)
    assert await stores.handoffs.note_phone("h1", "13900000000") is False


async def test_citizens_wait_side_by_side(stores: Stores) -> None:
    await stores.handoffs.open(HANDOFF)
    await stores.handoffs.open(replace(HANDOFF, id="h2", user="o-2"))
    assert await stores.handoffs.waiting_count() == 2
    await stores.handoffs.forget("official", "o-1")
    assert await stores.handoffs.current("official", "o-1") is None
    assert await stores.handoffs.waiting_count() == 1
