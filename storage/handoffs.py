"""Hand-offs in MongoDB (`helpdesk.handoffs.HandoffStore`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from helpdesk.handoffs import Handoff
from messages import Channel
from storage.documents import dump, load
from storage.mongo import Document, border

_HANDOFF: Final = TypeAdapter(Handoff)


def _load(document: Document) -> Handoff:
    return load(_HANDOFF, {"id": document["_id"], **document}, name=f"handoffs/{document['_id']}")


@dataclass(frozen=True, slots=True)
class MongoHandoffStore:
    """Keeps hand-offs, closed ones for `keep_days`. A unique index allows a citizen one open hand-off."""

    handoffs: AsyncCollection[Document]
    keep_days: int

    @border()
    async def open(self, handoff: Handoff) -> Handoff:
        """Store it once; when the citizen has an open one already, that one is returned instead."""
        fields: Document = dump(handoff)
        document = {"_id": fields.pop("id"), **fields, "open": handoff.state != "closed"}
        citizen = {"channel": handoff.channel, "user": handoff.user}
        while True:
            try:
                await self.handoffs.insert_one(document)
            except DuplicateKeyError:
                same = await self.handoffs.find_one({"_id": handoff.id})
                known = same or await self.handoffs.find_one({**citizen, "open": True})
                if known is not None:  # else it was closed in between
                    return _load(known)
            else:
                return _load(document)

    @border()
    async def current(self, channel: Channel, user: str) -> Handoff | None:
        """The citizen's open hand-off."""
        found = await self.handoffs.find_one({"channel": channel, "user": user, "open": True})
        return _load(found) if found is not None else None

    @border()
    async def waiting_count(self) -> int:
        """How many wait."""
        return await self.handoffs.count_documents({"state": "waiting"})

    @border()
    async def note_phone(self, handoff_id: str, phone: str) -> bool:
        """Note the number for a call-back; False when the hand-off is not open."""
        result = await self.handoffs.update_one({"_id": handoff_id, "open": True}, {"$set": {"phone": phone}})
        return result.matched_count == 1

    @border()
    async def close(self, handoff_id: str, *, now: datetime) -> bool:
        """Close it; False when it was not open."""
        changed = {
            "state": "closed",
            "open": False,
            "closed_at": now,
            "expire_at": now + timedelta(days=self.keep_days),
        }
        result = await self.handoffs.update_one({"_id": handoff_id, "open": True}, {"$set": changed})
        return result.matched_count == 1

    @border()
    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the citizen's hand-offs."""
        await self.handoffs.delete_many({"channel": channel, "user": user})
