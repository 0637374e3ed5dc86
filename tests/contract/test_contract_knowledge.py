from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from pymongo.errors import PyMongoError

from knowledge.entries import Basis, Entry
from knowledge.facts import Fact, FactValue
from knowledge.files import GoldQuestion, Knowledge
from knowledge.guides import Guide, Material
from knowledge.hall import Category, Department, Hall, OwnText
from knowledge.stores import KnowledgeChangedError
from messages import Link
from storage.documents import DamagedDocumentError
from storage.knowledge import MongoKnowledgeStore
from storage.mongo import Mongo, ensure_indexes
from storage.stores import Stores
from tests.unit.knowledge.scene_samples import SCENES

ENTRY = Entry(
    id="e2",
    question="社保卡丢了怎么补办？",
    answer="请带身份证到 3 号窗口。",
    department="rsj",
    category="card",
    alternates=("社保卡丢了", "$丢卡"),
    links=(Link("指南", "https://hall.example/g"),),
    basis=(Basis("社会保障卡管理办法", "", ""),),
    valid_from=date(2026, 1, 1),
    valid_until=date(2027, 12, 31),
    state="published",
    version=3,
    answer_at=0.8,
)
KNOWLEDGE = Knowledge(
    hall=Hall(
        name="青禾县政务服务中心",
        address="青禾路 1 号",
        phone="0000-1234567",
        hours="周一至周五",
        departments=(Department("rsj", "人力资源和社会保障局", aliases=("人社局",)),),
        categories=(Category("card", "证卡"),),
        sample=True,
    ),
    entries=(ENTRY, replace(ENTRY, id="e1", question="别的问题")),
    guides=(
        Guide("g1", "社保卡补办", "rsj", "card", "补卡", materials=(Material("身份证"),), steps=("取号",)),
        SCENES,
    ),
    facts=(Fact("shop-fee", "收费", (FactValue("5 元", date(2020, 1, 1), date(2029, 12, 31), "某办法"),)),),
    gold=(GoldQuestion("卡没了", ("e2",)), GoldQuestion("卡没了", ()), GoldQuestion("别的")),
)


async def test_at_first_there_is_nothing(stores: Stores) -> None:
    assert await stores.knowledge.revision() == 0
    assert await stores.knowledge.load() is None


async def test_what_was_stored_is_read_back_in_its_order(stores: Stores) -> None:
    assert await stores.knowledge.replace(KNOWLEDGE) == 1
    assert await stores.knowledge.load() == (1, KNOWLEDGE)


async def test_replacing_leaves_nothing_of_the_old(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    smaller = Knowledge(hall=replace(KNOWLEDGE.hall, name="新名字"), entries=(replace(ENTRY, id="e9"),))
    assert await stores.knowledge.replace(smaller) == 2
    assert await stores.knowledge.load() == (2, smaller)


async def test_put_entries_keeps_places_and_adds_new_ones_at_the_end(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    changed, new = replace(ENTRY, answer="新答案", version=4), replace(ENTRY, id="e0")
    assert await stores.knowledge.put_entries([new, changed]) == 2
    loaded = await stores.knowledge.load()
    assert loaded is not None
    assert loaded[1].entries == (changed, KNOWLEDGE.entries[1], new)


async def test_a_write_that_fails_in_the_middle_changes_nothing(mongo: Mongo, stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    twice = replace(KNOWLEDGE, hall=replace(KNOWLEDGE.hall, name="坏"), guides=KNOWLEDGE.guides * 2)
    with pytest.raises(PyMongoError):  # a bug of the caller: shown as it is
        await stores.knowledge.replace(twice)
    assert await stores.knowledge.load() == (1, KNOWLEDGE)
    assert await mongo.collection("entries").count_documents({}) == 2


async def test_a_damaged_document_is_reported_with_its_name(mongo: Mongo, stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    await mongo.collection("entries").update_one({"_id": "e1"}, {"$set": {"state": "odd"}})
    with pytest.raises(DamagedDocumentError, match=r"entries/e1 is damaged.*state"):
        await stores.knowledge.load()


async def test_the_hall_is_changed_alone_and_only_by_who_has_seen_it_last(stores: Stores) -> None:
    assert await stores.knowledge.hall() is None
    assert await stores.knowledge.put_hall(KNOWLEDGE.hall, expected=0) is None
    await stores.knowledge.replace(KNOWLEDGE)
    assert await stores.knowledge.hall() == (1, KNOWLEDGE.hall)
    await stores.knowledge.put_entries([ENTRY])
    changed = replace(KNOWLEDGE.hall, sensitive=("抢购",), texts=(OwnText("goodbye", "慢走"),))
    assert await stores.knowledge.put_hall(changed, expected=1) == 3
    assert await stores.knowledge.hall() == (3, changed)
    assert await stores.knowledge.put_hall(KNOWLEDGE.hall, expected=1) is None, "seen before the change"
    assert await stores.knowledge.load() == (3, replace(KNOWLEDGE, hall=changed))


async def test_of_those_who_change_the_hall_at_once_one_is_first(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    halls = [replace(KNOWLEDGE.hall, name=f"第 {number} 厅") for number in range(5)]
    revisions = await asyncio.gather(*(stores.knowledge.put_hall(hall, expected=1) for hall in halls))
    assert sorted(map(str, revisions)) == ["2", "None", "None", "None", "None"]
    assert await stores.knowledge.hall() == (2, halls[revisions.index(2)])


async def test_a_hall_of_before_it_had_own_texts_is_read_and_can_be_changed(
    mongo: Mongo, stores: Stores
) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    old = {"revision": "", "sensitive": "", "texts": ""}
    await mongo.collection("hall").update_one({}, {"$unset": old})
    assert await stores.knowledge.hall() == (0, KNOWLEDGE.hall)
    assert await stores.knowledge.load() == (1, KNOWLEDGE)
    assert await stores.knowledge.put_hall(replace(KNOWLEDGE.hall, name="新"), expected=0) == 2


async def test_writers_at_once_each_raise_the_revision(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    revisions = await asyncio.gather(
        *(stores.knowledge.put_entries([replace(ENTRY, version=number)]) for number in range(6))
    )
    assert sorted(revisions) == [2, 3, 4, 5, 6, 7]


async def test_readers_see_one_moment_of_everything(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)

    async def write() -> None:
        for number in range(2, 10):
            entries = tuple(replace(ENTRY, id=f"e{n}", version=number) for n in range(10))
            await stores.knowledge.replace(replace(KNOWLEDGE, entries=entries))

    writing = asyncio.create_task(write())
    while not writing.done():
        loaded = await stores.knowledge.load()
        assert loaded is not None
        revision, knowledge = loaded
        assert revision == 1 or {entry.version for entry in knowledge.entries} == {revision}
    await writing


@pytest.fixture(params=["change stream", "polling"])
def watcher(request: pytest.FixtureRequest, mongo: Mongo) -> MongoKnowledgeStore:
    return MongoKnowledgeStore(mongo, change_streams=request.param == "change stream")


async def test_a_change_is_noticed_within_a_second(watcher: MongoKnowledgeStore, stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    loop = asyncio.get_running_loop()
    waiting = asyncio.create_task(watcher.wait_for_change(1, timeout_seconds=10))
    await asyncio.wait({waiting}, timeout=0.2)  # let it settle into waiting
    changed_at = loop.time()
    await stores.knowledge.put_entries([ENTRY])
    assert await waiting is True
    assert loop.time() - changed_at < 1.0


async def test_a_change_that_came_before_is_noticed_at_once(
    watcher: MongoKnowledgeStore, stores: Stores
) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    assert await watcher.wait_for_change(0, timeout_seconds=10) is True
    assert loop.time() - started_at < 0.4


@pytest.mark.parametrize("seconds", [0.0, 0.2, 1.2])
async def test_without_a_change_it_ends_in_time(
    watcher: MongoKnowledgeStore, stores: Stores, seconds: float
) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    assert await watcher.wait_for_change(1, timeout_seconds=seconds) is False
    assert seconds <= loop.time() - started_at < seconds + 0.4


async def test_waiting_can_be_cancelled(watcher: MongoKnowledgeStore, stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    waiting = asyncio.create_task(watcher.wait_for_change(1, timeout_seconds=30))
    await asyncio.wait({waiting}, timeout=0.2)
    waiting.cancel()
    done, _ = await asyncio.wait({waiting}, timeout=1)
    assert done
    assert waiting.cancelled()
    assert await stores.knowledge.revision() == 1


async def test_a_stream_that_breaks_is_replaced_by_looking(mongo: Mongo, stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    waiting = asyncio.create_task(stores.knowledge.wait_for_change(1, timeout_seconds=10))
    await asyncio.wait({waiting}, timeout=0.2)
    await mongo.database.drop_collection("meta")  # ends every stream on it
    await ensure_indexes(mongo)
    await mongo.collection("meta").insert_one({"_id": "knowledge", "revision": 1})
    await stores.knowledge.put_entries([ENTRY])
    assert await waiting is True


async def test_entries_are_exchanged_in_one_step(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    changed, new = replace(ENTRY, answer="新答案"), replace(ENTRY, id="e0")
    assert await stores.knowledge.exchange_entries([new, changed], removed={"e1"}, revision=1) == 2
    assert await stores.knowledge.load() == (2, replace(KNOWLEDGE, entries=(changed, new)))


async def test_an_exchange_over_somebody_elses_change_is_refused_and_changes_nothing(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    await stores.knowledge.put_entries([replace(ENTRY, answer="别人的")])
    before = await stores.knowledge.load()
    with pytest.raises(KnowledgeChangedError):
        await stores.knowledge.exchange_entries([ENTRY], removed=["e1"], revision=1)
    assert await stores.knowledge.load() == before


async def test_of_two_exchanges_at_once_one_is_carried_out(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    results = await asyncio.gather(
        *(
            stores.knowledge.exchange_entries([replace(ENTRY, answer=name)], removed=[], revision=1)
            for name in ("甲", "乙")
        ),
        return_exceptions=True,
    )
    assert 2 in results
    assert sum(isinstance(each, KnowledgeChangedError) for each in results) == 1
    assert await stores.knowledge.revision() == 2


async def test_an_exchange_that_fails_in_the_middle_changes_nothing(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    odd = replace(ENTRY, id="bad\0id", answer_at=10**30)  # MongoDB's whole numbers have 64 bits
    with pytest.raises(OverflowError):
        await stores.knowledge.exchange_entries([replace(ENTRY, id="e0"), odd], removed=["e1"], revision=1)
    assert await stores.knowledge.load() == (1, KNOWLEDGE)


async def test_put_guides_keeps_places_and_writes_nothing_on_an_old_revision(stores: Stores) -> None:
    await stores.knowledge.replace(KNOWLEDGE)
    reworded, new = replace(SCENES, title="开店铺"), Guide("g0", "新事", "rsj", "card", "新")
    assert await stores.knowledge.put_guides([new, reworded], revision=1) == 2
    loaded = await stores.knowledge.load()
    assert loaded is not None
    assert loaded[1].guides == (KNOWLEDGE.guides[0], reworded, new)
    with pytest.raises(KnowledgeChangedError):
        await stores.knowledge.put_guides([SCENES], revision=1)
    assert await stores.knowledge.load() == loaded
