"""Dossiers, revisions and publication on the real server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from knowledge import editorial
from knowledge.dossiers import CLOCK, IMPORT, Dossier, Step
from knowledge.editorial_store import EditCollisionError, Wanted
from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.hall import Hall
from storage.mongo import Mongo
from storage.stores import Stores, stores_of
from tests.unit.knowledge.desk import ENTRY, LI, NOW, PATHS, TODAY, TOMORROW, WANG, ZHAO, act

HALL = Hall("测试厅", "测试路 1 号", "0100-12345", "周一至周五")
SEEDED = replace(ENTRY, id="seeded", question="养老金几号发", alternates=(), state="published", version=3)


async def _draft(stores: Stores, entry: Entry = ENTRY, by: str = WANG) -> Dossier:
    return await stores.editorial.save(editorial.create(entry, by, now=NOW))


async def _walk(stores: Stores, dossier: Dossier, *actions: str) -> Dossier:
    for action in actions:
        dossier = await stores.editorial.save(act(dossier, action))  # type: ignore[arg-type]
    return dossier


async def _published(stores: Stores, entry: Entry = ENTRY) -> Dossier:
    return await _walk(stores, await _draft(stores, entry), *PATHS["published"])


async def _entries(stores: Stores) -> dict[str, Entry]:
    loaded = await stores.knowledge.load()
    return {entry.id: entry for entry in loaded[1].entries} if loaded else {}


async def _seed(stores: Stores, *entries: Entry) -> None:
    await stores.knowledge.replace(Knowledge(HALL, entries))


async def test_a_draft_is_read_back_and_is_nothing_to_citizens(stores: Stores) -> None:
    await _seed(stores)
    dossier = await _draft(stores)
    assert await stores.editorial.get(ENTRY.id, now=NOW) == dossier
    assert await stores.editorial.get("other", now=NOW) is None
    assert await stores.knowledge.revision() == 1
    assert await _entries(stores) == {}


async def test_publishing_is_dossier_revision_and_knowledge_in_one_step(stores: Stores) -> None:
    await _seed(stores)
    dossier = await _published(stores)
    assert await stores.editorial.get(ENTRY.id, now=NOW) == dossier
    assert await _entries(stores) == {ENTRY.id: replace(ENTRY, state="published")}
    assert await stores.knowledge.revision() == 2
    history = await stores.editorial.revisions(ENTRY.id)
    assert [(each.number, each.action, each.by) for each in history] == [
        (4, "publish", LI),
        (3, "approve", LI),
        (2, "submit", LI),
        (1, "create", WANG),
    ]
    assert history[0].entry == dossier.live
    assert await stores.editorial.revision(ENTRY.id, 1) == history[-1]
    assert await stores.editorial.revision(ENTRY.id, 9) is None


async def test_a_process_that_waits_sees_what_is_published_within_a_second(stores: Stores) -> None:
    await _seed(stores)
    ready = await _walk(stores, await _draft(stores), *PATHS["ready"])
    waiting = asyncio.create_task(stores.knowledge.wait_for_change(1, timeout_seconds=10))
    await asyncio.wait({waiting}, timeout=0.2)  # let it settle into waiting
    await stores.editorial.save(act(ready, "publish"))
    done, _ = await asyncio.wait({waiting}, timeout=1.0)
    assert done
    assert waiting.result() is True


async def test_the_published_version_answers_until_the_new_one_is_out(stores: Stores) -> None:
    await _seed(stores)
    published = await _published(stores)
    step = editorial.edit(published, replace(ENTRY, answer="新的"), WANG, now=NOW)
    dossier = await _walk(stores, await stores.editorial.save(step), "submit", "approve")
    assert await stores.knowledge.revision() == 2
    assert (await _entries(stores))[ENTRY.id].answer == ENTRY.answer
    await _walk(stores, dossier, "publish")
    assert (await _entries(stores))[ENTRY.id] == replace(ENTRY, answer="新的", state="published", version=2)


async def test_a_withdrawn_entry_stays_known_but_silent(stores: Stores) -> None:
    await _seed(stores)
    await _walk(stores, await _published(stores), "withdraw")
    entry = (await _entries(stores))[ENTRY.id]
    assert entry.state == "withdrawn"
    assert not entry.answers_on(TODAY)


async def test_whoever_saves_second_is_told_who_was_first_and_changes_nothing(stores: Stores) -> None:
    dossier = await _draft(stores)
    theirs = editorial.edit(dossier, replace(ENTRY, answer="李写的"), LI, now=TOMORROW)
    mine = editorial.edit(dossier, replace(ENTRY, answer="赵写的"), ZHAO, now=TOMORROW)
    saved = await stores.editorial.save(theirs)
    with pytest.raises(EditCollisionError, match=r"11月24日 16:00.*您写的内容还在") as collision:
        await stores.editorial.save(mine)
    assert (collision.value.saved_by, collision.value.saved_at) == (LI, TOMORROW)
    assert await stores.editorial.get(ENTRY.id, now=NOW) == saved
    assert [each.number for each in await stores.editorial.revisions(ENTRY.id)] == [2, 1]


async def test_of_many_who_save_at_once_one_wins(stores: Stores) -> None:
    dossier = await _draft(stores)
    steps = [editorial.edit(dossier, replace(ENTRY, answer=str(n)), f"c{n}", now=NOW) for n in range(8)]
    results = await asyncio.gather(*map(stores.editorial.save, steps), return_exceptions=True)
    won = [each for each in results if isinstance(each, Dossier)]
    assert len(won) == 1
    assert sum(isinstance(each, EditCollisionError) for each in results) == 7
    assert await stores.editorial.get(ENTRY.id, now=NOW) == won[0]
    assert len(await stores.editorial.revisions(ENTRY.id)) == 2


async def test_of_two_who_create_the_same_id_one_wins(stores: Stores) -> None:
    steps = [editorial.create(ENTRY, by, now=NOW) for by in (WANG, LI)]
    results = await asyncio.gather(*map(stores.editorial.save, steps), return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["Dossier", "EditCollisionError"]
    assert len(await stores.editorial.revisions(ENTRY.id)) == 1


async def test_two_processes_that_publish_the_same_publish_once(mongo: Mongo, stores: Stores) -> None:
    await _seed(stores)
    await _walk(stores, await _draft(stores), *PATHS["scheduled"])
    async with stores_of(mongo) as other:

        async def run(own: Stores) -> Step:
            (due,) = await own.editorial.due(TOMORROW)
            step = editorial.publish(due, CLOCK, now=TOMORROW)
            await own.editorial.save(step)
            return step

        results = await asyncio.gather(run(stores), run(other), return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["EditCollisionError", "Step"]
    assert await stores.knowledge.revision() == 2
    assert [each.action for each in await stores.editorial.revisions(ENTRY.id)].count("publish") == 1
    assert await stores.editorial.due(TOMORROW) == ()


async def test_publishing_many_at_once_raises_the_revision_for_each(stores: Stores) -> None:
    await _seed(stores)
    ready = [
        await _walk(stores, await _draft(stores, replace(ENTRY, id=f"e{number}")), *PATHS["ready"])
        for number in range(5)
    ]
    await asyncio.gather(*(stores.editorial.save(act(each, "publish")) for each in ready))
    assert await stores.knowledge.revision() == 6
    assert len(await _entries(stores)) == 5
    assert await stores.editorial.adopt(now=NOW) == 0


async def test_what_was_scheduled_is_due_when_its_time_has_come(stores: Stores) -> None:
    await _seed(stores)
    for number in (2, 1):
        entry = replace(ENTRY, id=f"e{number}")
        ready = await _walk(stores, await _draft(stores, entry), *PATHS["ready"])
        at = NOW + timedelta(hours=number)
        await stores.editorial.save(editorial.schedule(ready, LI, now=NOW, at=at))
    assert await stores.editorial.due(NOW) == ()
    assert [each.id for each in await stores.editorial.due(NOW + timedelta(hours=1))] == ["e1"]
    assert [each.id for each in await stores.editorial.due(TOMORROW)] == ["e1", "e2"]


async def test_seeded_entries_get_dossiers_when_they_are_asked_for(stores: Stores) -> None:
    await _seed(stores, SEEDED)
    dossier = await stores.editorial.get("seeded", now=NOW)
    assert dossier is not None
    assert (dossier.entry, dossier.live, dossier.token) == (SEEDED, SEEDED, 1)
    assert (dossier.changed_by, dossier.writers) == (IMPORT, ())
    assert [each.action for each in await stores.editorial.revisions("seeded")] == ["import"]


async def test_two_processes_that_adopt_at_once_adopt_once(mongo: Mongo, stores: Stores) -> None:
    await _seed(stores, *(replace(SEEDED, id=f"s{number:03d}") for number in range(450)))
    async with stores_of(mongo) as other:
        counts = await asyncio.gather(stores.editorial.adopt(now=NOW), other.editorial.adopt(now=NOW))
    assert sum(counts) == 450
    assert await mongo.collection("revisions").count_documents({}) == 450
    assert await stores.editorial.adopt(now=NOW) == 0


async def test_an_import_over_an_open_draft_loses_neither(stores: Stores) -> None:
    await _seed(stores)
    published = await _published(stores)
    mine = editorial.edit(published, replace(ENTRY, answer="我正在写"), WANG, now=NOW)
    await _walk(stores, await stores.editorial.save(mine), "submit", "approve")
    imported = replace(ENTRY, answer="导入的", state="published", version=9)
    await stores.knowledge.put_entries([imported])
    (dossier,) = (await stores.editorial.find(Wanted(), now=TOMORROW)).items
    assert (dossier.entry.answer, dossier.state, dossier.approved_by) == ("我正在写", "changes_wanted", "")
    assert dossier.live == imported
    said = {each.entry.answer for each in await stores.editorial.revisions(ENTRY.id)}
    assert said == {ENTRY.answer, "我正在写", "导入的"}


async def test_publishing_over_an_unseen_import_is_a_collision(stores: Stores) -> None:
    await _seed(stores)
    ready = await _walk(stores, await _draft(stores), *PATHS["ready"])
    imported = replace(ENTRY, answer="导入的", state="published")
    await stores.knowledge.put_entries([imported])
    with pytest.raises(EditCollisionError) as collision:
        await stores.editorial.save(act(ready, "publish"))
    assert collision.value.saved_by == IMPORT
    assert await _entries(stores) == {ENTRY.id: imported}
    dossier = await stores.editorial.get(ENTRY.id, now=NOW)
    assert dossier is not None
    assert (dossier.state, dossier.live) == ("changes_wanted", imported)


async def test_a_replace_keeps_what_clerks_wrote(stores: Stores) -> None:
    await _seed(stores, SEEDED)
    await _published(stores)
    draft = await _draft(stores, replace(ENTRY, id="draft", question="别的"))
    await _seed(stores, replace(SEEDED, answer="换过的"))
    found = {each.id: each for each in (await stores.editorial.find(Wanted(), now=NOW)).items}
    assert {each: found[each].state for each in found} == {
        "seeded": "published",
        ENTRY.id: "withdrawn",
        "draft": "draft",
    }
    assert found["draft"] == draft
    assert (found[ENTRY.id].entry.answer, found[ENTRY.id].live) == (ENTRY.answer, None)
    assert found["seeded"].entry.answer == "换过的"
    again = editorial.edit(found[ENTRY.id], ENTRY, WANG, now=NOW)  # not a word needs to change
    await _walk(stores, await stores.editorial.save(again), *PATHS["published"])
    assert (await _entries(stores))[ENTRY.id].answer == ENTRY.answer


async def _ids(stores: Stores, wanted: Wanted, page: int = 1) -> list[str]:
    return [each.id for each in (await stores.editorial.find(wanted, page=page, now=NOW)).items]


async def test_lists_are_narrowed_and_ordered(stores: Stores) -> None:
    due, later = TODAY, TODAY + timedelta(days=90)
    await _seed(
        stores,
        replace(SEEDED, id="old", review_on=due),
        replace(SEEDED, id="other", department="mca", category="life", review_on=later, answer="A级（合格）"),
    )
    await _draft(stores)
    await stores.editorial.save(
        editorial.create(replace(ENTRY, id="b", department="mca", question="生小孩"), LI, now=TOMORROW)
    )
    assert await _ids(stores, Wanted()) == ["b", ENTRY.id, "old", "other"]
    assert await _ids(stores, Wanted(states=("draft",))) == ["b", ENTRY.id]
    assert await _ids(stores, Wanted(departments=("mca",))) == ["b", "other"]
    assert await _ids(stores, Wanted(departments=())) == []
    assert await _ids(stores, Wanted(category="life")) == ["other"]
    assert await _ids(stores, Wanted(author=WANG)) == [ENTRY.id]
    assert await _ids(stores, Wanted(review_by=TODAY)) == ["old"]
    assert await _ids(stores, Wanted(order="review")) == ["old", "other"]
    assert await _ids(stores, Wanted(order="question")) == ["old", "other", "b", ENTRY.id]
    assert await stores.editorial.counts() == {"draft": 2, "published": 2}
    assert await stores.editorial.counts(("mca",)) == {"draft": 1, "published": 1}
    assert await stores.editorial.counts(()) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("社保卡", ["card-lost"]),
        ("補社保卡", ["card-lost"]),
        ("窗口 丢了", ["card-lost"]),
        ("CARD-LOST", ["card-lost"]),
        ("养老金 社保卡", []),
        ("3 号", ["card-lost"]),
        (".*", ["card-lost", "seeded"]),
        ("(", ["card-lost", "seeded"]),
        ("$where", []),
    ],
)
async def test_words_are_looked_for_as_words(stores: Stores, text: str, found: list[str]) -> None:
    """In any script; what would be a pattern is text, and a mark that says nothing narrows nothing."""
    await _seed(stores, replace(SEEDED, answer="每月 15 日", keywords=()))
    await _draft(stores)
    assert sorted(await _ids(stores, Wanted(text=text))) == found


async def test_a_page_has_fifty_and_a_page_too_far_is_the_last(stores: Stores) -> None:
    await _seed(stores, *(replace(SEEDED, id=f"s{number:03d}") for number in range(120)))
    listing = await stores.editorial.find(Wanted(order="question"), page=3, now=NOW)
    assert (listing.total, listing.pages, listing.page, len(listing.items)) == (120, 3, 3, 20)
    assert listing.items[0].id == "s100"
    assert (await stores.editorial.find(Wanted(), page=99, now=NOW)).page == 3
    assert (await stores.editorial.find(Wanted(text="没有"), page=5, now=NOW)).pages == 1


async def test_phrasings_of_others_are_found_in_any_spelling(stores: Stores) -> None:
    await _seed(stores, replace(SEEDED, alternates=("领养老金",)))
    await stores.editorial.adopt(now=NOW)
    await _draft(stores)
    asked = ("領養老金？", "社保卡丢了", "新的问法", "")
    assert await stores.editorial.others_with(asked, except_id="new") == {
        "领养老金": "seeded",
        "社保卡丢了": ENTRY.id,
    }
    assert await stores.editorial.others_with(asked, except_id=ENTRY.id) == {"领养老金": "seeded"}
    await _walk(stores, await _published(stores, replace(ENTRY, id="gone", alternates=("旧的",))), "withdraw")
    assert await stores.editorial.others_with(("旧的",), except_id="new") == {}


async def test_what_is_over_is_found_and_marked(stores: Stores) -> None:
    await _seed(stores, replace(SEEDED, valid_until=TODAY - timedelta(days=1)), replace(SEEDED, id="free"))
    await stores.editorial.adopt(now=NOW)
    (over,) = await stores.editorial.overdue(TODAY)
    assert over.id == "seeded"
    await stores.editorial.save(editorial.expire(over, now=NOW))
    assert await stores.editorial.overdue(TODAY) == ()
    assert (await _entries(stores))["seeded"].state == "expired"


async def test_many_steps_are_saved_together_with_one_change_of_the_knowledge(stores: Stores) -> None:
    await _seed(stores)
    entries = [replace(ENTRY, id=f"e{number}") for number in range(20)]
    dossiers = await stores.editorial.save_all([editorial.create(each, WANG, now=NOW) for each in entries])
    for action in PATHS["published"]:
        dossiers = await stores.editorial.save_all([act(each, action) for each in dossiers])
    assert {entry.state for entry in (await _entries(stores)).values()} == {"published"}
    assert await stores.knowledge.revision() == 2
    assert await stores.editorial.save_all([]) == ()
    assert [each.number for each in await stores.editorial.revisions("e7")] == [4, 3, 2, 1]
    assert await stores.editorial.adopt(now=NOW) == 0


async def test_one_collision_among_many_saves_none(stores: Stores) -> None:
    dossiers = [await _draft(stores, replace(ENTRY, id=f"e{number}")) for number in range(3)]
    steps = [act(each, "submit") for each in dossiers]
    await stores.editorial.save(act(dossiers[1], "edit", ZHAO))
    with pytest.raises(EditCollisionError) as collision:
        await stores.editorial.save_all(steps)
    assert (collision.value.entry_id, collision.value.saved_by) == ("e1", ZHAO)
    assert await stores.editorial.counts() == {"draft": 3}
    with pytest.raises(ValueError, match="two steps for one entry"):
        await stores.editorial.save_all([steps[0], steps[0]])


async def test_a_hall_that_is_replaced_leaves_only_what_a_person_touched(stores: Stores) -> None:
    """After the sample hall came the real one, and the desk was full of withdrawn samples."""
    await _seed(stores, *(replace(SEEDED, id=f"sample{number}") for number in range(4)))
    touched = await stores.editorial.get("sample1", now=NOW)
    assert touched is not None
    await stores.editorial.adopt(now=NOW)
    await stores.editorial.save(act(touched, "review"))
    await _seed(stores, SEEDED)
    assert sorted(await _ids(stores, Wanted())) == ["sample1", "seeded"]
    assert await stores.editorial.revisions("sample0") == ()
    assert len(await stores.editorial.revisions("sample1")) == 3
    await _seed(stores, replace(SEEDED, id="sample0"))  # it comes back: as new
    assert sorted(await _ids(stores, Wanted())) == ["sample0", "sample1"]
    assert len(await stores.editorial.revisions("sample0")) == 1


async def test_pages_that_are_asked_for_at_once_after_an_import_are_all_whole(stores: Stores) -> None:
    await _seed(stores, *(replace(SEEDED, id=f"s{number:03d}") for number in range(230)))
    found = await asyncio.gather(*(stores.editorial.find(Wanted(), now=NOW) for _ in range(4)))
    assert [each.total for each in found] == [230] * 4
