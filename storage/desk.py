"""The desk in MongoDB (`helpdesk.desk_store.DeskStore`).

A hand-off counts its messages: taking the next number, storing the message under it and putting what the
citizen gets into the outbox is one transaction. Two lines at once collide on the hand-off's document, and the
driver runs the later transaction again; so numbers have no holes, and no line is lost or doubled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from helpdesk.desk import DeskMessage, Line, Step
from helpdesk.handoffs import Handoff
from storage.documents import dump, load
from storage.handoffs import load_handoff
from storage.mongo import Document, Mongo, Session, border
from storage.outbox import outbox_document
from wechat.outbox import OutboxItem

_MESSAGE: Final = TypeAdapter(DeskMessage)
_COUNTED: Final = frozenset({"id", "messages", "heard", "read", "last_text", "last_at", "phone"})
"""Fields that change beside the steps."""
_HALL: Final = "hall"
_BEGINNING: Final = 60
_AFTER: Final = timedelta(milliseconds=1)


def _load(document: Document) -> DeskMessage:
    return load(_MESSAGE, {"id": document["_id"], **document}, name=f"desk_messages/{document['_id']}")


@dataclass(frozen=True, slots=True)
class MongoDeskStore:
    """Keeps messages and presence beside the hand-offs."""

    mongo: Mongo
    keep_days: int

    @property
    def _handoffs(self) -> AsyncCollection[Document]:
        return self.mongo.collection("handoffs")

    @property
    def _messages(self) -> AsyncCollection[Document]:
        return self.mongo.collection("desk_messages")

    @property
    def _agents(self) -> AsyncCollection[Document]:
        return self.mongo.collection("desk_agents")

    @border()
    async def write(self, handoff_id: str, line: Line, *, agent: str = "") -> DeskMessage | None:
        """Store one line of an open hand-off, and its outbox item with it: both or neither."""
        talking: Document = {"open": True, "claimed_at": {"$ne": None}}
        which = {"_id": handoff_id, **({"state": "active", "agent": agent} if agent else talking)}

        async def work(session: Session) -> DeskMessage | None:
            known = await self._messages.find_one({"_id": line.id}, session=session)
            if known is not None:
                return _load(known)
            change: Document = {"$set": _news(line)} if line.sender != "note" else {"$set": {}}
            found = await self._change(which, change, (line,), session)
            return found[1][0] if found is not None else None

        return await self.mongo.transact(work)

    @border()
    async def save(self, step: Step, *, capacity: int | None = None) -> Handoff | None:
        """Carry out a step; None: somebody was faster, or the agent has `capacity` chats already."""
        old, new = step.before, step.after
        changed = {
            each.name: dump(getattr(new, each.name)) for each in fields(Handoff) if each.name not in _COUNTED
        }
        changed["open"] = new.state != "closed"
        if new.state == "closed" and new.closed_at is not None:
            changed["expire_at"] = new.closed_at + timedelta(days=self.keep_days)
        version = old.version or {"$in": [0, None]}  # hand-offs of an older program have none
        which = {"_id": old.id, "version": version, "state": old.state}

        async def work(session: Session) -> Handoff | None:
            if capacity is not None and not await self._has_room(new.agent, capacity, session):
                return None
            found = await self._change(which, {"$set": changed}, step.lines, session)
            return found[0] if found is not None else None

        return await self.mongo.transact(work)

    async def _has_room(self, agent: str, capacity: int, session: Session) -> bool:
        """Count the agent's chats; the write to their document lets two claims at once collide."""
        await self._agents.update_one({"_id": agent}, {"$inc": {"claims": 1}}, upsert=True, session=session)
        mine = {"agent": agent, "state": "active"}
        return await self._handoffs.count_documents(mine, session=session) < capacity

    async def _change(
        self, which: Document, change: Document, lines: Sequence[Line], session: Session
    ) -> tuple[Handoff, list[DeskMessage]] | None:
        heard = any(line.sender == "citizen" for line in lines)
        stages: list[Document] = [
            {"$set": {name: {"$literal": value} for name, value in change["$set"].items()}},
            {"$set": {"messages": {"$add": [{"$ifNull": ["$messages", 0]}, len(lines)]}}},
        ]
        if heard:
            stages.append({"$set": {"heard": "$messages"}})
        document = await self._handoffs.find_one_and_update(
            which, [stage for stage in stages if stage["$set"]], return_document=True, session=session
        )
        if document is None:
            return None
        handoff = load_handoff(document)
        first = handoff.messages - len(lines) + 1
        stored = [
            await self._store(handoff, number, line, session) for number, line in enumerate(lines, first)
        ]
        return handoff, stored

    async def _store(self, handoff: Handoff, order: int, line: Line, session: Session) -> DeskMessage:
        item_id = f"{handoff.id}:desk:{order:06d}" if line.parts else ""
        message = DeskMessage(
            line.id, handoff.id, order, line.sender, line.text, line.at, line.staff, line.name,
            line.kind, line.media_id, item_id,
        )  # fmt: skip
        values: Document = dump(message)
        document = {"_id": values.pop("id"), **values, "channel": handoff.channel, "user": handoff.user}
        document["expire_at"] = line.at + timedelta(days=self.keep_days)
        await self._messages.insert_one(document, session=session)
        if line.parts:
            await self._send(handoff, item_id, line, session)
        return message

    async def _send(self, handoff: Handoff, item_id: str, line: Line, session: Session) -> None:
        """Put what the citizen gets into the outbox, behind everything that is there for them already."""
        outbox = self.mongo.collection("outbox")
        newest = await outbox.find_one(
            {"channel": handoff.channel, "user": handoff.user},
            ["created_at"],
            sort=[("created_at", DESCENDING)],
            session=session,
        )
        at = max(line.at, newest["created_at"] + _AFTER) if newest is not None else line.at
        item = OutboxItem(item_id, handoff.channel, handoff.user, line.parts, at)
        document = outbox_document(item, keep_days=self.keep_days)
        await outbox.insert_one({**document, "due_at": line.at}, session=session)

    @border()
    async def messages(self, handoff_id: str, *, after: int = 0, limit: int = 500) -> tuple[DeskMessage, ...]:
        """What was said, in order, after some order number."""
        found = self._messages.find({"handoff": handoff_id, "order": {"$gt": after}})
        return tuple([_load(each) async for each in found.sort("order", ASCENDING).limit(limit)])

    @border()
    async def waiting(self, *, limit: int = 200) -> tuple[Handoff, ...]:
        """The queue in its order."""
        order = [("priority", DESCENDING), ("opened_at", ASCENDING), ("_id", ASCENDING)]
        found = self._handoffs.find({"state": "waiting"}).sort(order).limit(limit)
        return tuple([load_handoff(each) async for each in found])

    @border()
    async def active(self, agent: str = "", *, limit: int = 500) -> tuple[Handoff, ...]:
        """The chats of an agent, or of everybody; oldest first."""
        which: Document = {"state": "active", "agent": agent} if agent else {"state": "active"}
        found = self._handoffs.find(which).sort("claimed_at", ASCENDING).limit(limit)
        return tuple([load_handoff(each) async for each in found])

    @border()
    async def mark_read(self, handoff_id: str, *, agent: str, order: int) -> None:
        """Note how far the agent has read."""
        which = {"_id": handoff_id, "agent": agent, "read": {"$not": {"$gte": order}}}
        await self._handoffs.update_one(which, {"$set": {"read": order}})

    @border()
    async def replies(self) -> tuple[str, ...]:
        """The hall's canned replies, in their order."""
        found = await self.mongo.collection("desk_replies").find_one({"_id": _HALL})
        return tuple(str(each) for each in found["replies"]) if found is not None else ()

    @border()
    async def save_replies(self, replies: Sequence[str]) -> None:
        """Keep other canned replies."""
        await self.mongo.collection("desk_replies").update_one(
            {"_id": _HALL}, {"$set": {"replies": list(replies)}}, upsert=True
        )

    @border()
    async def be_present(self, agent: str, now: datetime) -> None:
        """Note that an agent's page was heard of."""
        await self._agents.update_one({"_id": agent}, {"$max": {"seen_at": now}}, upsert=True)

    @border()
    async def leave(self, agent: str) -> None:
        """Note that an agent has gone."""
        await self._agents.update_one({"_id": agent}, {"$unset": {"seen_at": ""}})

    @border()
    async def present(self, *, since: datetime) -> frozenset[str]:
        """Agents whose page was heard of since."""
        found = self._agents.find({"seen_at": {"$gte": since}}, ["_id"])
        return frozenset([each["_id"] async for each in found])

    @border()
    async def abandoned(self, *, since: datetime) -> Sequence[Handoff]:
        """Active chats whose agent has not been heard of since."""
        agents = [each["_id"] async for each in self._agents.find({"seen_at": {"$gte": since}}, ["_id"])]
        found = self._handoffs.find({"state": "active", "agent": {"$not": {"$in": agents}}}).limit(100)
        return tuple([load_handoff(each) async for each in found])


def _news(line: Line) -> Document:
    return {"last_text": line.text[:_BEGINNING], "last_at": line.at}
