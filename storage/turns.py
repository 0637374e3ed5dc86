"""Turns in MongoDB (`handlers.turns.TurnStore`).

What is settled is settled by one update of one document, whose filter says from which state it may start.
A reply that leaves through the outbox is put there in the same transaction: a process that dies right after
can't lose it. `unclaimed_at` says when a passive reply got lost on its way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from handlers.turns import Delivery, Trace, Turn
from knowledge.gaps import Missed
from messages import Channel, Inbound, Part
from storage.batches import InsertBatcher
from storage.documents import dump, load
from storage.mongo import Document, Mongo, Session, border
from storage.outbox import outbox_document
from wechat.outbox import OutboxItem

_TURN: Final = TypeAdapter(Turn)
_ERASED: Final[Document] = {
    "erased": True,
    "inbound.user": "",
    "inbound.text": "",
    "inbound.event_key": "",
    "inbound.media_id": "",
    "inbound.menu_choice": "",
}


def turn_document(turn: Turn, *, keep_days: int) -> Document:
    """A turn as it is stored: the key of its message is its id, so that there can be only one."""
    fields: Document = dump(turn)
    expire_at = turn.received_at + timedelta(days=keep_days)
    return {"_id": fields["inbound"].pop("key"), **fields, "expire_at": expire_at}


def load_turn(document: Document) -> Turn:
    """Read back what `turn_document` made."""
    inbound = {**document["inbound"], "key": document["_id"]}
    return load(_TURN, {**document, "inbound": inbound}, name=f"turns/{document['_id']}")


def _missed(document: Document) -> Missed:
    rated = document.get("useful") is False
    entry = (document["trace"].get("entry") or "") if rated and document.get("trace") else ""
    return Missed(document["inbound"]["text"], document["received_at"], entry)


def _item_of(turn: Turn) -> OutboxItem:
    return OutboxItem(
        id=turn.inbound.key,
        channel=turn.inbound.channel,
        user=turn.inbound.user,
        parts=(*turn.late_lead, *turn.parts),
        created_at=turn.handled_at or turn.received_at,
    )


@dataclass(frozen=True, slots=True)
class MongoTurnStore:
    """Keeps turns for `keep_days`; new ones are written together with others that come at the same time."""

    mongo: Mongo
    turns: AsyncCollection[Document]
    outbox: AsyncCollection[Document]
    inserts: InsertBatcher
    keep_days: int

    async def claim(
        self, inbound: Inbound, *, owner: str, now: datetime, lease_seconds: float
    ) -> Turn | None:
        """Store the message as a new running turn of `owner`; the existing turn when the key is known."""
        lease_until = now + timedelta(seconds=lease_seconds)
        turn = Turn(inbound=inbound, status="running", owner=owner, received_at=now, lease_until=lease_until)
        document = turn_document(turn, keep_days=self.keep_days)
        while not await self.inserts.insert(document):
            known = await self.get(inbound.key)
            if known is not None:  # else it was forgotten in between
                return known
        return None

    @border()
    async def get(self, key: str) -> Turn | None:
        """Read one turn."""
        found = await self.turns.find_one({"_id": key})
        return load_turn(found) if found is not None else None

    @border()
    async def earlier_running(self, inbound: Inbound, *, owner: str) -> bool:
        """Whether another owner still handles an older message of the same citizen."""
        older = [
            {"inbound.at": {"$lt": inbound.at}},
            {"inbound.at": inbound.at, "inbound.order": {"$lt": inbound.order}},
        ]
        theirs = {
            "inbound.channel": inbound.channel,
            "inbound.user": inbound.user,
            "status": "running",
            "owner": {"$ne": owner},
        }
        return await self.turns.find_one({**theirs, "$or": older}, ["_id"]) is not None

    @border()
    async def finish(
        self,
        key: str,
        *,
        owner: str,
        parts: Sequence[Part],
        trace: Trace,
        now: datetime,
        late_lead: Sequence[Part] = (),
    ) -> Delivery | None:
        """Mark the turn done with its reply and settle how it leaves; safe to repeat.

        Undecided only ever becomes `outbox`, so one of the two updates finds a running turn of ours.
        """
        running = {"_id": key, "owner": owner, "status": "running"}
        done = {"status": "done", "parts": dump(list(parts)), "trace": dump(trace), "handled_at": now}
        done["late_lead"] = dump(list(late_lead))
        passive = await self.turns.find_one_and_update(
            {**running, "delivery": None}, {"$set": {**done, "delivery": "passive"}}, ["erased"]
        )
        if passive is not None:
            if passive.get("erased"):
                await self._erase_reply(key)
            return "passive"
        if await self._move_to_outbox({**running, "delivery": "outbox"}, {"$set": done}) is not None:
            return "outbox"
        repeated = await self.turns.find_one({"_id": key, "owner": owner, "status": "done"})
        return load_turn(repeated).delivery if repeated is not None else None

    async def _move_to_outbox(self, which: Document, change: Document) -> Turn | None:
        """Change one turn to done and for the outbox, and store its item there: both or neither."""

        async def work(session: Session) -> Turn | None:
            changed = await self.turns.find_one_and_update(
                which, change, return_document=True, session=session
            )
            if changed is None:
                return None
            turn = load_turn(changed)
            if turn.parts and not changed.get("erased"):
                document = outbox_document(_item_of(turn), keep_days=self.keep_days)
                same = {"_id": document.pop("_id")}
                await self.outbox.update_one(same, {"$setOnInsert": document}, upsert=True, session=session)
            return turn

        turn = await self.mongo.transact(work)
        if turn is not None and not turn.inbound.user:
            await self._erase_reply(turn.inbound.key)
        return turn

    async def _erase_reply(self, key: str) -> None:
        """The citizen left while this turn ran: what it said is theirs too."""
        await self.turns.update_one(
            {"_id": key}, {"$set": {"parts": [], "late_lead": [], "trace": dump(Trace())}}
        )

    @border()
    async def answer_late(self, key: str) -> bool:
        """Settle a running turn to leave through the outbox, because `success` goes out now."""
        result = await self.turns.update_one(
            {"_id": key, "status": "running"}, {"$set": {"delivery": "outbox"}}
        )
        return result.matched_count == 1

    @border()
    async def mark_unclaimed(self, key: str, *, now: datetime) -> None:
        """Note that the passive reply could not be written to WeChat's connection."""
        await self.turns.update_one(
            {"_id": key, "status": "done", "delivery": "passive", "claimed": {"$ne": True}},
            {"$set": {"unclaimed_at": now}},
        )

    @border()
    async def take_unclaimed(self, *, before: datetime) -> Turn | None:
        """Move one turn whose passive reply was lost before `before` to the outbox, both or neither."""
        lost: Document = {"unclaimed_at": {"$lt": before}, "delivery": "passive"}
        change: Document = {"$set": {"delivery": "outbox"}, "$unset": {"unclaimed_at": ""}}
        while found := await self.turns.find_one(lost, ["_id"], sort=[("unclaimed_at", ASCENDING)]):
            turn = await self._move_to_outbox({"_id": found["_id"], **lost}, change)
            if turn is not None:  # else another process was faster
                return turn
        return None

    @border()
    async def mark_claimed(self, key: str) -> None:
        """A later delivery of the same message took the reply after all."""
        taken = {"$set": {"claimed": True}, "$unset": {"unclaimed_at": ""}}
        await self.turns.update_one({"_id": key, "delivery": "passive"}, taken)

    @border()
    async def take_abandoned(self, *, owner: str, now: datetime, lease_seconds: float) -> Turn | None:
        """Take over one running turn whose lease has run out; it leaves through the outbox from now on.

        Turns of citizens who were forgotten have nobody to answer any more and are closed here.
        """
        abandoned: Document = {"status": "running", "lease_until": {"$lt": now}}
        await self.turns.update_many(
            {**abandoned, "erased": True},
            {"$set": {"status": "done", "delivery": "outbox", "handled_at": now}},
        )
        lease_until = now + timedelta(seconds=lease_seconds)
        taken = await self.turns.find_one_and_update(
            abandoned,
            {"$set": {"owner": owner, "lease_until": lease_until, "delivery": "outbox"}},
            sort=[("lease_until", ASCENDING)],
            return_document=True,
        )
        return load_turn(taken) if taken is not None else None

    @border()
    async def rate(self, key: str, *, useful: bool, now: datetime) -> bool:
        """Note what the citizen said of the answer; False when the turn is unknown or was rated before."""
        result = await self.turns.update_one(
            {"_id": key, "useful": None}, {"$set": {"useful": useful, "rated_at": now}}
        )
        return result.matched_count == 1

    @border()
    async def unanswered(self, *, since: datetime, limit: int) -> tuple[str, ...]:
        """Give what found no answer or was rated 没用, the newest `limit`, oldest first."""
        return tuple(each.text for each in await self._missed(since, limit))

    @border()
    async def missed(self, *, since: datetime, limit: int) -> tuple[Missed, ...]:
        """Give the same with the time, and with the entry whose answer was rated 没用."""
        return await self._missed(since, limit)

    async def _missed(self, since: datetime, limit: int) -> tuple[Missed, ...]:
        unanswered = {"trace.outcome": "not_answered", "received_at": {"$gte": since}}
        useless = {"useful": False, "received_at": {"$gte": since}}
        fields = {"inbound.text": 1, "received_at": 1, "useful": 1, "trace.entry": 1}
        query: Document = {"$or": [unanswered, useless]}
        newest = self.turns.find(query, fields).sort("received_at", DESCENDING).limit(limit)
        found = [_missed(document) async for document in newest]
        return tuple(each for each in reversed(found) if each.text)

    @border()
    async def confirmed(self, *, since: datetime, limit: int) -> tuple[tuple[str, str], ...]:
        """Give (question, entry) of answers that were rated 有用, the newest `limit`."""
        which = {"useful": True, "received_at": {"$gte": since}, "trace.rule": "question"}
        fields = {"inbound.text": 1, "trace.entry": 1}
        newest = self.turns.find(which, fields).sort("received_at", DESCENDING).limit(limit)
        found = [(each["inbound"]["text"], each["trace"]["entry"]) async for each in newest]
        return tuple((text, entry) for text, entry in found if text and entry)

    @border()
    async def of_user(self, channel: Channel, user: str, *, limit: int) -> tuple[Turn, ...]:
        """Give the newest turns of one citizen that are done, oldest first."""
        which = {"inbound.channel": channel, "inbound.user": user, "status": "done"}
        newest = self.turns.find(which).sort("inbound.at", DESCENDING).limit(limit)
        found = [load_turn(document) async for document in newest]
        return tuple(reversed(found))

    @border()
    async def asked(self, *, since: datetime, limit: int) -> tuple[str, ...]:
        """Give the texts of questions, whatever came of them, the newest `limit`, newest first."""
        which = {"received_at": {"$gte": since}, "trace.rule": "question"}
        newest = self.turns.find(which, {"inbound.text": 1}).sort("received_at", DESCENDING).limit(limit)
        return tuple([each["inbound"]["text"] async for each in newest if each["inbound"]["text"]])

    @border()
    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the citizen's turns; running ones lose the openid and the text but keep the key."""
        citizen = {"inbound.channel": channel, "inbound.user": user}
        await self.turns.update_many({**citizen, "status": "running"}, {"$set": _ERASED})
        await self.turns.delete_many(citizen)
