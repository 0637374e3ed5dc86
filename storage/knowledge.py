"""The knowledge base in MongoDB (`knowledge.stores.KnowledgeStore`).

`hall`, `entries`, `guides` and `gold` hold one document for each thing, in the order of `position`; `meta`
holds the revision. Every write changes them in one transaction, and reading sees one moment of all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import ASCENDING, ReplaceOne
from pymongo.errors import PyMongoError

from knowledge.entries import Entry
from knowledge.files import ENTRY, FACT, GOLD, GUIDE, HALL, Knowledge
from knowledge.guides import Guide
from knowledge.hall import Hall
from knowledge.stores import KnowledgeChangedError
from storage.documents import dump, load
from storage.mongo import BULK_SECONDS, Document, Mongo, Session, border, settle

LOAD_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.5
"""How long a change can stay unseen where there is no change stream."""
META_ID: Final = "knowledge"
"""The document of `meta` that holds the revision."""
FOLLOWED_ID: Final = "editorial"
"""The document of `meta` that holds the revision up to which the editorial desk knows all entries."""
_HALL_ID: Final = "hall"
_STEP: Final = 1_000_000
"""Positions of one revision lie before all positions of the next."""
_NO_CHANGE_STREAMS: Final = 40573
"""The server is not a replica set."""


def load_entry(document: Document) -> Entry:
    """Read one document of `entries`."""
    return load(ENTRY, {"id": document["_id"], **document}, name=f"entries/{document['_id']}")


def _changed_in(hall: Document) -> int:
    """The revision the hall was last changed in; 0 where an older version of the program stored it."""
    return int(hall.get("revision", 0))


@dataclass(slots=True)
class MongoKnowledgeStore:
    """Keeps the hall, its entries, guides and gold questions."""

    mongo: Mongo
    change_streams: bool = True
    """Found out by trying; False: look every half second instead."""

    @border()
    async def revision(self) -> int:
        """Number of the newest change; 0: nothing was ever stored."""
        return await self._revision()

    async def _revision(self, session: Session | None = None) -> int:
        found = await self.mongo.collection("meta").find_one({"_id": META_ID}, session=session)
        return int(found["revision"]) if found is not None else 0

    @border(LOAD_SECONDS)
    async def load(self) -> tuple[int, Knowledge] | None:
        """The whole knowledge base with its revision, read consistently; None when it is empty."""
        return await self.mongo.transact(self._load)

    async def _load(self, session: Session) -> tuple[int, Knowledge] | None:
        revision = await self._revision(session)
        halls = await self._all("hall", session)
        if not halls:
            return None
        knowledge = Knowledge(
            hall=load(HALL, halls[0], name="hall"),
            entries=tuple(load_entry(each) for each in await self._all("entries", session)),
            guides=tuple(
                load(GUIDE, each, name=f"guides/{each['_id']}") for each in await self._all("guides", session)
            ),
            gold=tuple(
                load(GOLD, each, name=f"gold/{each['_id']}") for each in await self._all("gold", session)
            ),
            facts=tuple(
                load(FACT, each, name=f"facts/{each['_id']}") for each in await self._all("facts", session)
            ),
        )
        return revision, knowledge

    @border()
    async def hall(self) -> tuple[int, Hall] | None:
        """The hall, with the revision it was last changed in; None when nothing was ever stored."""
        found = await self.mongo.collection("hall").find_one({"_id": _HALL_ID})
        return None if found is None else (_changed_in(found), load(HALL, found, name="hall"))

    @border()
    async def put_hall(self, hall: Hall, *, expected: int) -> int | None:
        """Replace the hall in one transaction; None when it was not last changed in `expected`."""

        async def work(session: Session) -> int | None:
            collection = self.mongo.collection("hall")
            found = await collection.find_one({"_id": _HALL_ID}, session=session)
            if found is None or _changed_in(found) != expected:
                return None
            revision = await self._raise_revision(session)
            document = {**dump(hall), "position": found["position"], "revision": revision}
            await collection.replace_one({"_id": _HALL_ID}, document, session=session)
            await self.keep_followed(revision, session)
            return revision

        return await self.mongo.transact(work)

    async def _all(self, name: str, session: Session) -> list[Document]:
        found = self.mongo.collection(name).find(session=session).sort("position", ASCENDING)
        return [{"id": document["_id"], **document} async for document in found]

    @border(BULK_SECONDS)
    async def replace(self, knowledge: Knowledge) -> int:
        """Replace everything in one transaction; returns the new revision."""

        async def work(session: Session) -> int:
            revision = await self._raise_revision(session)
            contents: dict[str, Iterable[tuple[str, Any]]] = {
                "hall": [(_HALL_ID, knowledge.hall)],
                "entries": [(entry.id, entry) for entry in knowledge.entries],
                "guides": [(guide.id, guide) for guide in knowledge.guides],
                "gold": [(f"{number:06d}", gold) for number, gold in enumerate(knowledge.gold)],
                "facts": [(fact.id, fact) for fact in knowledge.facts],
            }
            for name, things in contents.items():
                await self.mongo.collection(name).delete_many({}, session=session)
                mark = {"revision": revision} if name == "hall" else {}
                documents = [
                    {**dump(thing), **mark, "_id": key, "position": revision * _STEP + number}
                    for number, (key, thing) in enumerate(things)
                ]
                if documents:
                    await self.mongo.collection(name).insert_many(documents, session=session)
            return revision

        return await self.mongo.transact(work)

    @border(BULK_SECONDS)
    async def exchange_entries(
        self, entries: Sequence[Entry], *, removed: Collection[str], revision: int
    ) -> int:
        """Put entries and remove others in one transaction, if `revision` is still the newest.

        Returns the new revision; raises `KnowledgeChangedError` and changes nothing otherwise.
        """

        async def work(session: Session) -> int:
            await self._expect(revision, session)
            gone = {"_id": {"$in": sorted(removed)}}
            await self.mongo.collection("entries").delete_many(gone, session=session)
            return await self.write_entries(entries, session)

        return await self.mongo.transact(work)

    async def _raise_revision(self, session: Session) -> int:
        """Raise the revision first: a second writer meets the first one here, and waits its turn."""
        meta = await self.mongo.collection("meta").find_one_and_update(
            {"_id": META_ID}, {"$inc": {"revision": 1}}, upsert=True, return_document=True, session=session
        )
        return int(meta["revision"]) if meta is not None else 0

    async def keep_followed(self, revision: int, session: Session) -> None:
        """Note that the desk knows of this change, if it knew of all before: then it need not look again."""
        await self.mongo.collection("meta").update_one(
            {"_id": FOLLOWED_ID, "revision": revision - 1}, {"$set": {"revision": revision}}, session=session
        )

    @border(BULK_SECONDS)
    async def put_entries(self, entries: Sequence[Entry]) -> int:
        """Add or replace entries by id in one transaction (all or none); returns the new revision.

        A replaced entry keeps its place, new ones come last.
        """

        async def work(session: Session) -> int:
            return await self.write_entries(entries, session)

        return await self.mongo.transact(work)

    async def write_entries(self, entries: Sequence[Entry], session: Session) -> int:
        """Do what `put_entries` does, as a part of a larger transaction."""
        return await self._put("entries", entries, session)

    @border(BULK_SECONDS)
    async def put_guides(self, guides: Sequence[Guide], *, revision: int) -> int:
        """Add or replace guides by id in one transaction, if `revision` is still the newest.

        Returns the new revision; raises `KnowledgeChangedError` and changes nothing otherwise.
        """

        async def work(session: Session) -> int:
            await self._expect(revision, session)
            return await self._put("guides", guides, session)

        return await self.mongo.transact(work)

    async def _expect(self, revision: int, session: Session) -> None:
        newest = await self._revision(session)
        if newest != revision:
            raise KnowledgeChangedError(f"revision {newest} has come since {revision} was read")

    async def _put(self, name: str, things: Sequence[Entry] | Sequence[Guide], session: Session) -> int:
        revision = await self._raise_revision(session)
        collection = self.mongo.collection(name)
        numbered: list[tuple[int, Entry | Guide]] = list(enumerate(things))
        ids = [each.id for _, each in numbered]
        known = collection.find({"_id": {"$in": ids}}, ["position"], session=session)
        places = {document["_id"]: document["position"] async for document in known}
        writes = [
            ReplaceOne(
                {"_id": each.id},
                {**dump(each), "_id": each.id, "position": places.get(each.id, revision * _STEP + number)},
                upsert=True,
            )
            for number, each in numbered
        ]
        if writes:
            await collection.bulk_write(writes, session=session)
        return revision

    async def wait_for_change(self, since: int, *, timeout_seconds: float) -> bool:
        """Return True soon after the revision passes `since`, False at the time-out.

        Raises `StoreUnavailableError` when the database can't be reached.
        """
        ends_at = asyncio.get_running_loop().time() + timeout_seconds
        if await self.revision() > since:
            return True
        if self.change_streams and timeout_seconds > LOOK_SECONDS:
            try:
                if await self._watch(since, ends_at):
                    return True
            except PyMongoError as error:  # the stream broke: go on without it this time
                self.change_streams = getattr(error, "code", None) != _NO_CHANGE_STREAMS
        return await self._poll(since, ends_at)

    async def _watch(self, since: int, ends_at: float) -> bool:
        """Wait on a change stream until shortly before the end; the rest is `_poll`'s.

        The revision is read again on each heartbeat: Motor opens the stream only when it is first asked,
        and a change before that moment is in no stream.
        """
        stream: Any = await settle(
            self.mongo.collection("meta").watch(max_await_time_ms=int(LOOK_SECONDS * 1000))
        )
        async with stream:
            while stream.alive and ends_at - asyncio.get_running_loop().time() > LOOK_SECONDS:
                if await self.revision() > since:
                    return True
                await stream.try_next()
        return False

    async def _poll(self, since: int, ends_at: float) -> bool:
        while await self.revision() <= since:
            remaining = ends_at - asyncio.get_running_loop().time()
            if remaining <= 0:
                return False
            await asyncio.sleep(min(LOOK_SECONDS, remaining))
        return True
