"""Dossiers and revisions in MongoDB (`knowledge.editorial_store.EditorialStore`).

`dossiers` holds one document for each entry, with what lists are made by beside it; `revisions` is only ever
added to. A step is one transaction over both, and over `entries` and the revision of the knowledge base where
citizens' answers change. `meta` remembers up to which revision of the knowledge base the dossiers have
followed it, so that an import is noticed by one small read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection

from intents.normalise import fold
from knowledge import adoption
from knowledge.dossiers import CLOCK, IMPORT, Dossier, Revision, Step
from knowledge.editorial_store import (
    PAGE_SIZE,
    EditCollisionError,
    Listing,
    Order,
    Wanted,
    phrasing_key,
)
from knowledge.entries import EntryState
from storage.documents import dump, load
from storage.knowledge import FOLLOWED_ID, META_ID, MongoKnowledgeStore, load_entry
from storage.mongo import BULK_SECONDS, Document, Mongo, Session, border, settle

_DOSSIER: Final = TypeAdapter(Dossier)
_REVISION: Final = TypeAdapter(Revision)
_WITHOUT_SEARCH: Final = {"searched": 0, "phrasings": 0}
_BATCH: Final = 100
_BESIDE: Final = ("_id", "position")
"""What a document of `entries` has beside the fields of an entry."""
_ORDERS: Final[Mapping[Order, list[tuple[str, int]]]] = {
    "changed": [("changed_at", DESCENDING), ("_id", ASCENDING)],
    "question": [("entry.question", ASCENDING), ("_id", ASCENDING)],
    "review": [("review_on", ASCENDING), ("_id", ASCENDING)],
    "publish": [("publish_at", ASCENDING), ("_id", ASCENDING)],
}


def dossier_document(dossier: Dossier) -> Document:
    """A dossier as it is stored: its fields, and what it is found by."""
    entry, answering = dossier.entry, dossier.answering
    phrasings = (entry.question, *entry.alternates)
    texts = (*phrasings, *entry.keywords, *entry.answer.split("\n"))
    return {
        **dump(dossier),
        "_id": dossier.id,
        "review_on": _iso(answering.review_on) if answering else None,
        "valid_until": _iso(answering.valid_until) if answering else None,
        "phrasings": sorted({phrasing_key(each) for each in phrasings}),
        "searched": "\n".join(fold(each) for each in (entry.id, *texts)),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def load_dossier(document: Document) -> Dossier:
    """Read back what `dossier_document` made."""
    return load(_DOSSIER, document, name=f"dossiers/{document['_id']}")


def _revision_document(revision: Revision) -> Document:
    return {**dump(revision), "_id": f"{revision.entry_id}#{revision.number}"}


def _load_revision(document: Document) -> Revision:
    return load(_REVISION, document, name=f"revisions/{document['_id']}")


def _query(wanted: Wanted) -> Document:
    query: Document = {}
    if wanted.states:
        query["entry.state"] = {"$in": list(wanted.states)}
    if wanted.departments is not None:
        query["entry.department"] = {"$in": list(wanted.departments)}
    if wanted.category:
        query["entry.category"] = wanted.category
    if wanted.author:
        query["$or"] = [{"author": wanted.author}, {"writers": wanted.author}]
    if wanted.order == "review":
        query["review_on"] = {"$type": "string"}
    if wanted.order == "publish":
        query["publish_at"] = {"$type": "date"}
    if wanted.review_by:
        query["review_on"] = {"$lte": wanted.review_by.isoformat(), "$type": "string"}
    words = [word for word in (fold(each) for each in wanted.text.split()) if word]
    if words:
        query["$and"] = [{"searched": {"$regex": re.escape(word)}} for word in words]
    return query


def _steps(
    ids: Iterable[str], dossiers: Iterable[Document], entries: Iterable[Document], now: datetime
) -> tuple[list[ReplaceOne[Document]], list[Document]]:
    """What must be written so that these dossiers follow the knowledge base. CPU-heavy: for a thread."""
    stored, there = {each["_id"]: each for each in dossiers}, {each["_id"]: each for each in entries}
    ids = [each for each in ids if not _followed(stored.get(each), there.get(each))]
    known = {each: load_dossier(stored[each]) for each in ids if each in stored}
    found = {each: load_entry(there[each]) for each in ids if each in there}
    steps = [adoption.adopt(known.get(each), found.get(each), now=now) for each in ids]
    return _documents([step for step in steps if step is not None])


def _followed(dossier: Document | None, entry: Document | None) -> bool:
    """Whether the stored forms agree already: most do, and need not be read."""
    live = dossier["live"] if dossier is not None else None
    return live == ({key: entry[key] for key in entry if key not in _BESIDE} if entry is not None else None)


def _documents(steps: Sequence[Step]) -> tuple[list[ReplaceOne[Document]], list[Document]]:
    """What is written to `dossiers` and `revisions`. CPU-heavy for many steps."""
    writes = [ReplaceOne({"_id": s.after.id}, dossier_document(s.after), upsert=True) for s in steps]
    return writes, [_revision_document(step.revision) for step in steps]


def _check_tokens(steps: Sequence[Step], stored: Mapping[str, Document]) -> None:
    """Raise `EditCollisionError` for the first step that began with another dossier than is stored."""
    for step in steps:
        found = stored.get(step.after.id)
        if (found["token"] if found else 0) != (step.before.token if step.before else 0):
            by, at = (found["changed_by"], found["changed_at"]) if found else ("", None)
            raise EditCollisionError(step.after.id, by, at)


@dataclass(frozen=True, slots=True)
class MongoEditorialStore:
    """Keeps dossiers and their revisions beside the knowledge base."""

    mongo: Mongo
    knowledge: MongoKnowledgeStore
    _adopting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False, compare=False)
    """Many pages may be asked for at once after an import: one of them follows it, the others wait."""

    @property
    def _dossiers(self) -> AsyncCollection[Document]:
        return self.mongo.collection("dossiers")

    @property
    def _revisions(self) -> AsyncCollection[Document]:
        return self.mongo.collection("revisions")

    @border()
    async def get(self, entry_id: str, *, now: datetime) -> Dossier | None:
        """Give one dossier as it is now; what was imported meanwhile is followed first."""
        stored, found = await asyncio.gather(
            self._dossiers.find_one({"_id": entry_id}),
            self.mongo.collection("entries").find_one({"_id": entry_id}),
        )
        dossier = load_dossier(stored) if stored is not None else None
        if (dossier.live if dossier else None) == (load_entry(found) if found is not None else None):
            return dossier
        await self._follow([entry_id], now)
        stored = await self._dossiers.find_one({"_id": entry_id})
        return load_dossier(stored) if stored is not None else None

    @border(BULK_SECONDS)
    async def find(self, wanted: Wanted, *, page: int = 1, now: datetime) -> Listing:
        """Give a page of 50. What was imported meanwhile is followed first."""
        await self._adopt(now)
        query = _query(wanted)
        total = await self._dossiers.count_documents(query)
        page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
        found = self._dossiers.find(query, _WITHOUT_SEARCH).sort(_ORDERS[wanted.order])
        items = [load_dossier(each) async for each in found.skip((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)]
        return Listing(tuple(items), total, page)

    @border()
    async def counts(self, departments: tuple[str, ...] | None = None) -> Mapping[EntryState, int]:
        """How many dossiers there are in each state, within a scope."""
        stages: list[Any] = [
            {"$match": _query(Wanted(departments=departments))},
            {"$group": {"_id": "$entry.state", "count": {"$sum": 1}}},
        ]
        return {each["_id"]: each["count"] async for each in await settle(self._dossiers.aggregate(stages))}

    @border()
    async def save(self, step: Step) -> Dossier:
        """Make a step true: dossier, revision and, where it changes, the knowledge base; all or nothing."""
        return (await self._save([step]))[0]

    @border(BULK_SECONDS)
    async def save_all(self, steps: Sequence[Step]) -> tuple[Dossier, ...]:
        """Make steps of several entries true, all or none of them, with one change of the knowledge base."""
        return await self._save(steps)

    async def _save(self, steps: Sequence[Step]) -> tuple[Dossier, ...]:
        ids = [step.after.id for step in steps]
        if len(set(ids)) < len(ids):
            raise ValueError("two steps for one entry can't be saved at once")
        writes, revisions = await asyncio.to_thread(_documents, steps)

        async def work(session: Session) -> None:
            stored = self._dossiers.find(
                {"_id": {"$in": ids}}, ["token", "changed_by", "changed_at"], session=session
            )
            _check_tokens(steps, {each["_id"]: each async for each in stored})
            await self._write_live([step for step in steps if step.changes_live], session)
            if writes:
                await self._dossiers.bulk_write(writes, session=session)
                await self._revisions.insert_many(revisions, session=session)

        await self.mongo.transact(work)
        return tuple(step.after for step in steps)

    async def _write_live(self, steps: Sequence[Step], session: Session) -> None:
        """Change what citizens get, unless an import that nobody has followed yet got in between."""
        if not steps:
            return
        which: Document = {"_id": {"$in": [step.after.id for step in steps]}}
        found = self.mongo.collection("entries").find(which, session=session)
        there = {each["_id"]: load_entry(each) async for each in found}
        for step in steps:
            if there.get(step.after.id) != (step.before.live if step.before else None):
                raise EditCollisionError(step.after.id, IMPORT, None)
        live = [step.after.live for step in steps if step.after.live is not None]
        if len(live) < len(steps):  # no step of a person takes an entry out of the knowledge base
            raise ValueError("an entry would vanish; withdraw it instead")
        revision = await self.knowledge.write_entries(live, session)
        await self.knowledge.keep_followed(revision, session)

    @border()
    async def revisions(self, entry_id: str, *, limit: int = 100) -> tuple[Revision, ...]:
        """The history of an entry, newest first."""
        found = self._revisions.find({"entry_id": entry_id}).sort("number", DESCENDING).limit(limit)
        return tuple([_load_revision(each) async for each in found])

    @border()
    async def revision(self, entry_id: str, number: int) -> Revision | None:
        """One revision."""
        found = await self._revisions.find_one({"_id": f"{entry_id}#{number}"})
        return _load_revision(found) if found is not None else None

    @border()
    async def others_with(self, phrasings: Sequence[str], *, except_id: str) -> Mapping[str, str]:
        """Which of these phrasings other entries have already: `phrasing_key` → id of the other entry."""
        keys = {phrasing_key(each) for each in phrasings} - {""}
        theirs: Document = {
            "phrasings": {"$in": sorted(keys)},
            "_id": {"$ne": except_id},
            "entry.state": {"$not": {"$in": ["expired", "withdrawn"]}},
        }
        found = self._dossiers.find(theirs, ["phrasings"]).sort("_id", DESCENDING)
        return {key: each["_id"] async for each in found for key in keys.intersection(each["phrasings"])}

    @border()
    async def due(self, now: datetime, *, limit: int = 50) -> tuple[Dossier, ...]:
        """What was scheduled for `now` or earlier, the earliest first."""
        query: Document = {"entry.state": "scheduled", "publish_at": {"$lte": now}}
        found = self._dossiers.find(query).sort("publish_at", ASCENDING).limit(limit)
        return tuple([load_dossier(each) async for each in found])

    @border()
    async def overdue(self, today: date, *, limit: int = 50) -> tuple[Dossier, ...]:
        """What still counts as published although its last day is over."""
        query: Document = {"valid_until": {"$lt": today.isoformat(), "$type": "string"}}
        found = self._dossiers.find(query).sort("valid_until", ASCENDING).limit(limit)
        return tuple([load_dossier(each) async for each in found])

    @border(BULK_SECONDS)
    async def adopt(self, *, now: datetime) -> int:
        """Follow everything that came past the desk; returns how many dossiers changed."""
        return await self._adopt(now)

    async def _adopt(self, now: datetime) -> int:
        if await self._unfollowed() is None:
            return 0
        async with self._adopting:
            revision = await self._unfollowed()
            return await self._adopt_all(revision, now) if revision is not None else 0

    async def _unfollowed(self) -> int | None:
        """The revision of the knowledge base when the dossiers have not followed it yet."""
        both = self.mongo.collection("meta").find({"_id": {"$in": [META_ID, FOLLOWED_ID]}})
        marks = {each["_id"]: int(each["revision"]) async for each in both}
        revision = marks.get(META_ID, 0)
        return revision if revision != marks.get(FOLLOWED_ID, 0) else None

    async def _adopt_all(self, revision: int, now: datetime) -> int:
        ids = {each["_id"] async for each in self.mongo.collection("entries").find({}, ["_id"])}
        ids |= {each["_id"] async for each in self._dossiers.find({"live": {"$ne": None}}, ["_id"])}
        wanted, changed = sorted(ids), 0
        for start in range(0, len(wanted), _BATCH):
            changed += await self._follow(wanted[start : start + _BATCH], now)
        await self.mongo.collection("meta").update_one(
            {"_id": FOLLOWED_ID}, {"$set": {"revision": revision}}, upsert=True
        )
        return changed

    async def _follow(self, ids: Sequence[str], now: datetime) -> int:
        """Let some dossiers follow the knowledge base, in one transaction; returns how many changed."""
        which: Document = {"_id": {"$in": list(ids)}}

        async def work(session: Session) -> int:
            dossiers = [each async for each in self._dossiers.find(which, _WITHOUT_SEARCH, session=session)]
            entries = [each async for each in self.mongo.collection("entries").find(which, session=session)]
            forgotten = await self._forget_untouched(dossiers, {each["_id"] for each in entries}, session)
            left = [each for each in ids if each not in forgotten]
            writes, revisions = await asyncio.to_thread(_steps, left, dossiers, entries, now)
            if writes:
                await self._dossiers.bulk_write(writes, session=session)
                await self._revisions.insert_many(revisions, session=session)
            return len(writes) + len(forgotten)

        return await self.mongo.transact(work)

    async def _forget_untouched(
        self, dossiers: Sequence[Document], there: set[str], session: Session
    ) -> set[str]:
        """Delete what came by a file, went by a file, and never saw a person: a sample hall, say."""
        gone = {each["_id"] for each in dossiers if each["_id"] not in there and each["author"] == IMPORT}
        if not gone:
            return gone
        theirs: Document = {"entry_id": {"$in": sorted(gone)}, "by": {"$not": {"$in": [IMPORT, CLOCK]}}}
        gone -= {
            each["entry_id"] async for each in self._revisions.find(theirs, ["entry_id"], session=session)
        }
        await self._dossiers.delete_many({"_id": {"$in": sorted(gone)}}, session=session)
        await self._revisions.delete_many({"entry_id": {"$in": sorted(gone)}}, session=session)
        return gone
