"""Hand-offs in MongoDB (`helpdesk.handoffs.HandoffStore`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from pymongo import DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from helpdesk.handoffs import Handoff
from helpdesk.routing import KEPT_FOR_LAST, SAME_MATTER
from messages import Channel
from storage.documents import dump, load
from storage.mongo import Document, border

_HANDOFF: Final = TypeAdapter(Handoff)


def load_handoff(document: Document) -> Handoff:
    """Read back a hand-off; one that an older version stored has what is new at its default."""
    return load(_HANDOFF, {"id": document["_id"], **document}, name=f"handoffs/{document['_id']}")


@dataclass(frozen=True, slots=True)
class MongoHandoffStore:
    """Keeps hand-offs, closed ones for `keep_days`. A unique index allows a citizen one open hand-off."""

    handoffs: AsyncCollection[Document]
    messages: AsyncCollection[Document]
    keep_days: int

    @border()
    async def open(self, handoff: Handoff) -> Handoff:
        """Store it once; when the citizen has an open one already, that one is returned instead."""
        fields: Document = dump(handoff)
        document = {"_id": fields.pop("id"), **fields, "open": handoff.state != "closed"}
        citizen = {"channel": handoff.channel, "user": handoff.user}
        document |= await self._last_agent(handoff)
        while True:
            try:
                await self.handoffs.insert_one(document)
            except DuplicateKeyError:
                same = await self.handoffs.find_one({"_id": handoff.id})
                known = same or await self.handoffs.find_one({**citizen, "open": True})
                if known is not None:  # else it was closed in between
                    return load_handoff(known)
            else:
                return load_handoff(document)

    async def _last_agent(self, handoff: Handoff) -> Document:
        """Keep it a while for the agent whom this citizen talked to last, of late."""
        of_late = {"$gte": handoff.opened_at - SAME_MATTER}
        before = {
            "channel": handoff.channel,
            "user": handoff.user,
            "closed_at": of_late,
            "agent": {"$gt": ""},
        }
        last = await self.handoffs.find_one(before, ["agent"], sort=[("opened_at", DESCENDING)])
        if last is None:
            return {}
        return {"wanted": last["agent"], "wanted_until": handoff.opened_at + KEPT_FOR_LAST}

    @border()
    async def current(self, channel: Channel, user: str) -> Handoff | None:
        """The citizen's open hand-off."""
        found = await self.handoffs.find_one({"channel": channel, "user": user, "open": True})
        return load_handoff(found) if found is not None else None

    @border()
    async def get(self, handoff_id: str) -> Handoff | None:
        """One hand-off, also when it is closed."""
        found = await self.handoffs.find_one({"_id": handoff_id})
        return load_handoff(found) if found is not None else None

    @border()
    async def rate(self, handoff_id: str, *, rating: int | None = None, reason: str = "") -> bool:
        """Note the citizen's rating (once), and its reason, of a hand-off that is closed."""
        which: Document = {"_id": handoff_id, "state": "closed"}
        change: Document = {"rating_reason": reason} if reason else {}
        if rating is not None:
            which["rating"] = None
            change["rating"] = rating
        result = await self.handoffs.update_one(which, {"$set": change})
        return result.matched_count == 1

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
        """Delete the citizen's hand-offs and what was said in them."""
        await self.messages.delete_many({"channel": channel, "user": user})
        await self.handoffs.delete_many({"channel": channel, "user": user})
