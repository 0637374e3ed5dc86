from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pymongo.errors import OperationFailure

from handlers.conversation import Conversation, State
from handlers.turns import Trace
from helpdesk.handoffs import Handoff
from messages import Inbound, StoreUnavailableError, Text
from storage.embedded import EmbeddedServer
from storage.mongo import INDEXES, Driver, Mongo, Session, border, ensure_indexes, settle
from storage.stores import Stores, open_stores
from tests.mongo import all_documents
from wechat.outbox import OutboxItem

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OPENID = "oLeaving-citizen"
SECRET = "我的身份证号是"


async def test_making_the_indexes_again_changes_nothing(mongo: Mongo, stores: Stores) -> None:
    async def names() -> set[str]:
        return {
            f"{name}.{index['name']}"
            for name in INDEXES
            async for index in await settle(mongo.collection(name).list_indexes())
        }

    before = await names()
    await ensure_indexes(mongo)
    assert await names() == before
    assert await stores.missing_indexes() == ()


async def test_an_index_of_an_older_version_is_renewed(mongo: Mongo, stores: Stores) -> None:
    """A start after an update failed on an index whose definition had changed."""
    await mongo.collection("outbox").drop_index("due")
    await mongo.collection("outbox").create_index([("channel", 1)], name="due")
    await ensure_indexes(mongo)
    found = await settle(mongo.collection("outbox").list_indexes())
    keys = {index["name"]: dict(index["key"]) async for index in found}
    assert "channel" not in keys["due"]
    assert await stores.missing_indexes() == ()


async def test_a_missing_index_is_named(mongo: Mongo, stores: Stores) -> None:
    await mongo.collection("outbox").drop_index("due")
    assert await stores.missing_indexes() == ("outbox.due",)
    await ensure_indexes(mongo)
    assert await stores.missing_indexes() == ()


async def test_times_are_aware_and_in_utc(mongo: Mongo) -> None:
    await mongo.collection("turns").insert_one({"_id": "k", "at": NOW})
    stored = await mongo.collection("turns").find_one({"_id": "k"})
    assert stored is not None
    assert stored["at"] == NOW
    assert stored["at"].utcoffset() == timedelta(0)


async def test_a_transaction_is_all_or_nothing(mongo: Mongo) -> None:
    async def work(session: Session) -> None:
        await mongo.collection("turns").insert_one({"_id": "k"}, session=session)
        await mongo.collection("outbox").insert_one({"_id": "k"}, session=session)
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await mongo.transact(work)
    assert await all_documents(mongo) == []


async def test_what_is_our_own_mistake_is_not_called_unavailable(mongo: Mongo) -> None:
    with pytest.raises(OperationFailure, match="unknown top level operator"):
        await border()(mongo.collection("turns").find_one)({"$nonsense": 1})


async def test_a_query_that_takes_too_long_is_unavailable(mongo: Mongo) -> None:
    await mongo.collection("turns").insert_one({})
    endless = {
        "$reduce": {"input": {"$range": [0, 4_000_000]}, "initialValue": 0, "in": {"$add": [1, "$$this"]}}
    }
    with pytest.raises(StoreUnavailableError, match="see whether it runs"):
        await border(0.05)(mongo.collection("turns").find_one)({"$expr": {"$gt": [endless, 0]}})
    await mongo.ping()


async def test_a_database_that_is_not_there_is_unavailable_at_once(driver: Driver) -> None:
    with pytest.raises(StoreUnavailableError):
        async with open_stores("mongodb://127.0.0.1:9/?directConnection=true", "x", driver=driver):
            pass


async def test_stores_open_and_close_by_themselves(
    mongo_server: EmbeddedServer, database_name: str, driver: Driver, mongo: Mongo
) -> None:
    async with open_stores(mongo_server.uri, database_name, driver=driver, keep_turns_days=1) as stores:
        await stores.ping()
        assert await stores.outbox.put(OutboxItem("k", "mini", "o-1", (Text("好"),), NOW))
    assert await mongo.collection("outbox").count_documents({}) == 1


async def _write_to_everything(stores: Stores) -> None:
    for key, user in (("done", OPENID), ("running", OPENID), ("other", "o-other")):
        message = Inbound(key, "official", user, "gh_1", "text", NOW, text=SECRET)
        await stores.turns.claim(message, owner="p", now=NOW, lease_seconds=60)
    await stores.turns.finish("done", owner="p", parts=(Text(SECRET),), trace=Trace(lines=(SECRET,)), now=NOW)
    await stores.conversations.lock("official", OPENID, owner="t", now=NOW, lease_seconds=60)
    state = State(asked=SECRET, more=(Text(SECRET),))
    await stores.conversations.save(Conversation("official", OPENID, state), owner="t")
    await stores.handoffs.open(Handoff("h1", "official", OPENID, "asked", SECRET, NOW))
    await stores.handoffs.close("h1", now=NOW)
    await stores.handoffs.open(Handoff("h2", "official", OPENID, "asked", SECRET, NOW))
    await stores.outbox.put(OutboxItem("done", "official", OPENID, (Text(SECRET),), NOW))
    await stores.outbox.take(owner="s", now=NOW, lease_seconds=60)


async def test_a_citizen_who_leaves_is_nowhere_any_more(mongo: Mongo, stores: Stores) -> None:
    await _write_to_everything(stores)
    assert str(await all_documents(mongo)).count(OPENID) > 6
    for store in (stores.conversations, stores.handoffs, stores.outbox, stores.turns):
        await store.forget("official", OPENID)
    await stores.turns.finish(
        "running", owner="p", parts=(Text(SECRET),), trace=Trace(lines=(SECRET,)), now=NOW
    )
    rest = await all_documents(mongo)
    assert OPENID not in str(rest)
    assert sorted(document["_id"] for document in rest) == ["other", "running"]
    assert str(rest).count(SECRET) == 1  # the other citizen's own words
