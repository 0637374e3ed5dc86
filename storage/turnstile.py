"""The short way of turns in MongoDB (`handlers.turnstile.Turnstile`): reads and writes of a batch at once.

A batch is written by one update of many documents, because a server spends most of an update on reading and
planning the statement: half the work for thirty. The driver doesn't repeat such updates when a primary steps
down, so we do; that harms nothing, since each write leaves its proof in the document (whose turn was last,
who marked the turn done), and where fewer documents changed than were asked for, the proofs are read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect, BulkWriteError

from handlers.conversation import Conversation
from handlers.turnstile import Departure, Leaving
from messages import Inbound
from storage.batches import Batcher
from storage.conversations import conversation_id, load_conversation, new_conversation
from storage.documents import DamagedDocumentError, dump
from storage.mongo import Document

LARGEST_EXIT: Final = 100
"""Turns that leave in one command: far below MongoDB's 16 MB, however long their replies are."""
_DUPLICATE_KEY: Final = 11000


@dataclass(frozen=True, slots=True)
class _Entering:
    inbound: Inbound
    owner: str
    now: datetime

    @property
    def id(self) -> str:
        return conversation_id(self.inbound.channel, self.inbound.user)

    def is_behind(self, other: Document) -> bool:
        """Whether a running turn is an older message of the same citizen in somebody else's hands."""
        theirs, ours = other["inbound"], self.inbound
        return (
            other["owner"] != self.owner
            and (theirs["channel"], theirs["user"]) == (ours.channel, ours.user)
            and (theirs["at"], theirs["order"]) < (ours.at, ours.order)
        )


Entered = Conversation | None


@dataclass(frozen=True, slots=True)
class MongoTurnstile:
    """Lets turns in and out; belongs to one event loop."""

    turns: AsyncCollection[Document]
    conversations: AsyncCollection[Document]
    keep_days: int
    _entries: Batcher[_Entering, Entered] = field(init=False)
    _exits: Batcher[Leaving, Departure] = field(init=False)

    def __post_init__(self) -> None:
        """Make the two batchers."""
        object.__setattr__(self, "_entries", Batcher(self._enter, "storage.enter"))
        object.__setattr__(self, "_exits", Batcher(self._leave, "storage.leave", LARGEST_EXIT))

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._entries.close()
        await self._exits.close()

    async def enter(self, inbound: Inbound, *, owner: str, now: datetime) -> Conversation | None:
        """Read the citizen's conversation (made when new) without a lock; None: somebody is in the way."""
        return await self._entries.ask(_Entering(inbound, owner, now))

    async def leave(self, leaving: Leaving) -> Departure:
        """Save the conversation if it is still as it was seen; then mark the turn done, if it may be."""
        return await self._exits.ask(leaving)

    async def _enter(self, batch: Sequence[_Entering]) -> Sequence[Entered | Exception]:
        older = await self._running(batch)
        ids = [each.id for each in batch]
        found = {each["_id"]: each async for each in self.conversations.find({"_id": {"$in": ids}})}
        made = await self._make({each.id: each for each in batch if each.id not in found})
        return [
            None if any(each.is_behind(other) for other in older) else _opened(each, found, made)
            for each in batch
        ]

    async def _running(self, batch: Sequence[_Entering]) -> list[Document]:
        """Running turns of these citizens; not our own, as far as all in the batch are of one owner."""
        running: Document = {
            "inbound.channel": {"$in": list({each.inbound.channel for each in batch})},
            "inbound.user": {"$in": list({each.inbound.user for each in batch})},
            "status": "running",
        }
        owners = {each.owner for each in batch}
        if len(owners) == 1:
            running["owner"] = {"$ne": owners.pop()}
        fields = ["owner", "inbound.channel", "inbound.user", "inbound.at", "inbound.order"]
        return [each async for each in self.turns.find(running, fields)]

    async def _make(self, missing: Mapping[str, _Entering]) -> set[str]:
        """Make empty conversations; the ids of those that are ours."""
        if not missing:
            return set()
        documents = [
            new_conversation(
                each.inbound.channel, each.inbound.user, expire_at=each.now + timedelta(days=self.keep_days)
            )
            for each in missing.values()
        ]
        try:
            await self.conversations.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            faults = error.details["writeErrors"]
            if error.details.get("writeConcernErrors") or any(
                each["code"] != _DUPLICATE_KEY for each in faults
            ):
                raise
            return set(missing) - {documents[each["index"]]["_id"] for each in faults}
        return set(missing)

    async def _leave(self, batch: Sequence[Leaving]) -> Sequence[Departure | Exception]:
        try:
            return await self._saved_and_finished(batch)
        except AutoReconnect:  # as the driver does with updates of one document
            return await self._saved_and_finished(batch)

    async def _saved_and_finished(self, batch: Sequence[Leaving]) -> list[Departure]:
        departures = await self._save(batch)
        saved = [each for each, departure in zip(batch, departures, strict=True) if departure == "saved"]
        passive = await self._finish(saved) if saved else set()
        return [
            "passive" if each.conversation.last_turn in passive else departure
            for each, departure in zip(batch, departures, strict=True)
        ]

    async def _save(self, batch: Sequence[Leaving]) -> list[Departure]:
        """Write the conversations that nobody holds and nobody has changed."""
        # Of two turns of one citizen only one can be the next: the first is written.
        first = {_id(each): each for each in reversed(batch)}
        new = {each: self._conversation(leaving) for each, leaving in first.items()}
        seen = [leaving.seen for leaving in first.values()]
        result = await self.conversations.update_many(
            {"_id": {"$in": list(new)}, "owner": ""}, _merge(new, "last_turn", seen)
        )
        if result.modified_count == len(batch):
            return ["saved"] * len(batch)
        now = {
            each["_id"]: {each["last_turn"], *each.get("earlier_turns", ())}
            async for each in self.conversations.find(
                {"_id": {"$in": list(new)}}, ["last_turn", "earlier_turns"]
            )
        }
        return [_departure(each, now.get(_id(each))) for each in batch]

    def _conversation(self, leaving: Leaving) -> Document:
        document: Document = dump(leaving.conversation)
        # Rounded up to the day, so that most saves leave the index of expiry alone.
        expiry = leaving.now + timedelta(days=self.keep_days + 1)
        return {**document, "expire_at": expiry.replace(hour=0, minute=0, second=0, microsecond=0)}

    async def _finish(self, saved: Sequence[Leaving]) -> set[str]:
        """Mark running turns done that nobody has settled otherwise; the keys of all that are."""
        new = {each.conversation.last_turn: _reply(each) for each in saved}
        owners = {each.owner for each in saved}
        ours: Document = {"_id": {"$in": list(new)}, "owner": {"$in": list(owners)}}
        undecided = {"status": "running", "delivery": None, "erased": {"$ne": True}}
        result = await self.turns.update_many({**ours, **undecided}, _merge(new))
        if result.modified_count == len(saved):
            return set(new)
        done = self.turns.find(
            {**ours, "status": "done", "delivery": "passive", "erased": {"$ne": True}}, ["_id"]
        )
        return {each["_id"] async for each in done}


def _opened(entering: _Entering, found: Mapping[str, Document], made: set[str]) -> Entered | Exception:
    document = found.get(entering.id)
    if document is None:
        fresh = Conversation(channel=entering.inbound.channel, user=entering.inbound.user)
        return fresh if entering.id in made else None
    if document["owner"]:
        return None
    try:
        return load_conversation(document)
    except DamagedDocumentError as error:
        return error


def _id(leaving: Leaving) -> str:
    return conversation_id(leaving.conversation.channel, leaving.conversation.user)


def _departure(leaving: Leaving, turns: Collection[str] | None) -> Departure:
    """What became of a conversation, by the turns that stand in it now; None: it is not there."""
    if turns is None:
        return "gone"
    return "saved" if leaving.conversation.last_turn in turns else "changed"


def _reply(leaving: Leaving) -> Document:
    return {
        "status": "done",
        "delivery": "passive",
        "parts": dump(leaving.conversation.last_parts),
        "trace": dump(leaving.trace),
        "handled_at": leaving.now,
        "late_lead": dump(tuple(leaving.late_lead)),
    }


def _merge(new: Mapping[str, Document], name: str = "", seen: Sequence[str] = ()) -> list[Document]:
    """An update that puts into each document its own new fields; only where field `name` is as it was seen.

    The values are literal: nothing that a citizen writes is taken for a command of the database.
    """
    place = {"$indexOfArray": [{"$literal": list(new)}, "$_id"]}
    merged: Any = {
        "$mergeObjects": ["$$ROOT", {"$arrayElemAt": [{"$literal": list(new.values())}, "$$place"]}]
    }
    if name:
        as_seen = {"$eq": [f"${name}", {"$arrayElemAt": [{"$literal": list(seen)}, "$$place"]}]}
        merged = {"$cond": [as_seen, merged, "$$ROOT"]}
    return [{"$replaceWith": {"$let": {"vars": {"place": place}, "in": merged}}}]
