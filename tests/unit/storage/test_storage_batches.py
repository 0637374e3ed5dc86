"""Group commit on the real server: who travels together, and that nobody gets another's result."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import batches
from storage.batches import InsertBatcher
from storage.mongo import Mongo


@pytest.fixture
def batcher(mongo: Mongo) -> InsertBatcher:
    return InsertBatcher(mongo.collection("turns"))


async def commands(mongo: Mongo) -> int:
    """How many insert commands the server has seen."""
    status = await mongo.database.command("serverStatus")
    return int(status["metrics"]["commands"]["insert"]["total"])


async def test_what_comes_in_one_tick_travels_in_one_command(mongo: Mongo, batcher: InsertBatcher) -> None:
    before = await commands(mongo)
    assert await asyncio.gather(*(batcher.insert({"_id": n}) for n in range(200))) == [True] * 200
    assert await commands(mongo) - before == 1
    assert await mongo.collection("turns").count_documents({}) == 200


async def test_a_crowd_is_split_into_batches_of_a_bounded_size(mongo: Mongo, batcher: InsertBatcher) -> None:
    crowd = batches.LARGEST_BATCH * 2 + 1
    before = await commands(mongo)
    assert all(await asyncio.gather(*(batcher.insert({"_id": n}) for n in range(crowd))))
    assert await commands(mongo) - before == 3


async def test_a_lone_insert_does_not_wait_for_company(mongo: Mongo, batcher: InsertBatcher) -> None:
    for number in range(5):
        before = await commands(mongo)
        assert await batcher.insert({"_id": number}) is True
        assert await commands(mongo) - before == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 9), max_size=30))
async def test_of_each_id_exactly_one_insert_succeeds(
    mongo: Mongo, batcher: InsertBatcher, ids: list[int]
) -> None:
    await mongo.collection("turns").delete_many({})
    results = await asyncio.gather(*(batcher.insert({"_id": each}) for each in ids))
    assert sum(results) == len(set(ids))


async def test_a_caller_who_gave_up_takes_nobody_along(mongo: Mongo, batcher: InsertBatcher) -> None:
    gone = asyncio.create_task(batcher.insert({"_id": "gone"}))
    stays = asyncio.create_task(batcher.insert({"_id": "stays"}))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays is True
    assert gone.cancelled()
    await batcher.close()
    assert await mongo.collection("turns").count_documents({"_id": "stays"}) == 1


async def test_a_refused_document_fails_alone(mongo: Mongo, batcher: InsertBatcher) -> None:
    await mongo.database.command({"collMod": "turns", "validator": {"bad": {"$exists": False}}})
    try:
        good, bad, twin = await asyncio.gather(
            batcher.insert({"_id": 1}),
            batcher.insert({"_id": 2, "bad": True}),
            batcher.insert({"_id": 1}),
            return_exceptions=True,
        )
    finally:
        await mongo.database.command({"collMod": "turns", "validator": {}})
    assert (good, twin) == (True, False)
    assert "failed validation" in str(bad)


async def test_closing_waits_for_what_is_under_way(mongo: Mongo, batcher: InsertBatcher) -> None:
    inserts = [asyncio.create_task(batcher.insert({"_id": number})) for number in range(3)]
    await asyncio.sleep(0)
    await batcher.close()
    assert await mongo.collection("turns").count_documents({}) == 3
    assert await asyncio.gather(*inserts) == [True] * 3


async def test_closing_in_the_tick_in_which_the_last_insert_ended_does_not_spin(
    batcher: InsertBatcher,
) -> None:
    assert await batcher.insert({"_id": 1}) is True
    async with asyncio.timeout(5):
        await batcher.close()
