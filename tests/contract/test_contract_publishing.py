"""The loop that publishes and expires, on the real server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from knowledge import editorial
from knowledge.dossiers import CLOCK, Dossier
from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.hall import Hall
from knowledge.publishing import Publisher
from storage.mongo import Mongo
from storage.stores import Stores, stores_of
from tests.unit.knowledge.desk import ENTRY, LI, NOW, PATHS, TODAY, TOMORROW, WANG, act

HALL = Hall("测试厅", "测试路 1 号", "0100-12345", "周一至周五")


async def _scheduled(stores: Stores, entry: Entry = ENTRY) -> Dossier:
    dossier = await stores.editorial.save(editorial.create(entry, WANG, now=NOW))
    for action in PATHS["scheduled"]:
        dossier = await stores.editorial.save(act(dossier, action))
    return dossier


async def _live(stores: Stores) -> dict[str, str]:
    loaded = await stores.knowledge.load()
    return {entry.id: entry.state for entry in loaded[1].entries} if loaded else {}


async def test_what_is_scheduled_goes_out_when_its_time_comes(stores: Stores) -> None:
    await stores.knowledge.replace(Knowledge(HALL))
    await _scheduled(stores)
    publisher = Publisher(stores.editorial)
    assert await publisher.run_once(TOMORROW - timedelta(seconds=1)) <= 5.0
    assert await _live(stores) == {}
    await publisher.run_once(TOMORROW)
    assert await _live(stores) == {ENTRY.id: "published"}
    newest = (await stores.editorial.revisions(ENTRY.id))[0]
    assert (newest.action, newest.by, newest.at) == ("publish", CLOCK, TOMORROW)
    revision = await stores.knowledge.revision()
    await publisher.run_once(TOMORROW)
    assert await stores.knowledge.revision() == revision


async def test_any_number_of_processes_publish_each_entry_once(mongo: Mongo, stores: Stores) -> None:
    await stores.knowledge.replace(Knowledge(HALL))
    for number in range(6):
        await _scheduled(stores, replace(ENTRY, id=f"e{number}"))
    async with stores_of(mongo) as second, stores_of(mongo) as third:
        loops = [Publisher(each.editorial).run_once(TOMORROW) for each in (stores, second, third)]
        await asyncio.gather(*loops)
        await Publisher(stores.editorial).run_once(TOMORROW)
    assert await stores.knowledge.revision() == 7
    assert set((await _live(stores)).values()) == {"published"}
    for number in range(6):
        actions = [each.action for each in await stores.editorial.revisions(f"e{number}")]
        assert actions.count("publish") == 1


async def test_what_can_t_go_out_is_sent_back_with_the_reason(stores: Stores) -> None:
    """Its validity ended while the program was off: nobody is there to read an error."""
    await stores.knowledge.replace(Knowledge(HALL))
    await _scheduled(stores, replace(ENTRY, valid_until=TODAY + timedelta(days=1)))
    await Publisher(stores.editorial).run_once(NOW + timedelta(days=3))
    dossier = await stores.editorial.get(ENTRY.id, now=NOW)
    assert dossier is not None
    assert (dossier.state, dossier.publish_at) == ("changes_wanted", None)
    assert "请先修改有效期" in dossier.note
    assert await _live(stores) == {}


async def test_what_is_over_is_marked_even_while_a_new_version_is_written(stores: Stores) -> None:
    old = replace(ENTRY, state="published", valid_until=TODAY)
    await stores.knowledge.replace(Knowledge(HALL, (old, replace(old, id="e2", valid_until=None))))
    dossier = await stores.editorial.get(ENTRY.id, now=NOW)
    assert dossier is not None
    await stores.editorial.save(editorial.edit(dossier, replace(old, answer="新"), LI, now=NOW))
    publisher = Publisher(stores.editorial)
    await publisher.run_once(NOW)
    assert await _live(stores) == {ENTRY.id: "published", "e2": "published"}
    await publisher.run_once(TOMORROW)
    assert await _live(stores) == {ENTRY.id: "expired", "e2": "published"}
    dossier = await stores.editorial.get(ENTRY.id, now=TOMORROW)
    assert dossier is not None
    assert (dossier.state, dossier.entry.answer) == ("draft", "新")
