"""Outbox items in MongoDB (`wechat.outbox.OutboxStore`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from pydantic import TypeAdapter
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from messages import Channel
from storage.documents import dump, load
from storage.mongo import Document, border, settle
from wechat.outbox import OutboxItem, OutboxStatus, Route
from wechat.receipts import NoticeResult, Receipt
from wechat.settling import settle_result

_ITEM: Final = TypeAdapter(OutboxItem)
_UNSETTLED: Final = ["waiting", "sending"]
_OPEN_TO_STAFF: Final = ["waiting", "held", "call", "failed", "uncertain", "dropped"]
"""What is neither sent nor being sent."""
_RECEIPT_KEPT: Final = timedelta(days=3)
_OLDEST_FIRST: Final = [("created_at", ASCENDING), ("_id", ASCENDING)]
LOST_REASON: Final = "发送途中程序中断，不确定市民是否已收到；请先核实，再决定是否重发。"


def outbox_document(item: OutboxItem, *, keep_days: int) -> Document:
    """An item as it is stored: its fields, and what the sender needs to find it."""
    fields: Document = dump(item)
    return {
        "_id": fields.pop("id"),
        **fields,
        "owner": "",
        "due_at": item.next_at or item.created_at,
        "expire_at": item.created_at + timedelta(days=keep_days),
    }


def load_item(document: Document) -> OutboxItem:
    """Read back what `outbox_document` made."""
    return load(_ITEM, {"id": document["_id"], **document}, name=f"outbox/{document['_id']}")


@dataclass(frozen=True, slots=True)
class MongoOutboxStore:
    """Keeps outbox items; `keep_days` after they were made they vanish."""

    items: AsyncCollection[Document]
    consents: AsyncCollection[Document]
    receipts: AsyncCollection[Document]
    keep_days: int

    @border()
    async def put(self, item: OutboxItem) -> bool:
        """Store a new item; False when the id is known already."""
        try:
            await self.items.insert_one(outbox_document(item, keep_days=self.keep_days))
        except DuplicateKeyError:
            return False
        return True

    @border()
    async def take(self, *, owner: str, now: datetime, lease_seconds: float) -> OutboxItem | None:
        """Claim the oldest item that is due; never one of a citizen who has an older unsent item.

        Looking and claiming are two steps, which is safe with any number of senders: what is settled goes
        back to waiting only when its citizen comes back or staff say so, and then an old item may, at worst,
        leave at the same time as a new one. Never twice.
        """
        await self._settle_lost(now)
        due = self.items.find(
            {"status": "waiting", "due_at": {"$lte": now}}, ["channel", "user", "created_at"], batch_size=50
        ).sort(_OLDEST_FIRST)
        seen: set[tuple[str, str]] = set()
        try:
            async for candidate in due:
                citizen = (candidate["channel"], candidate["user"])
                if citizen in seen:
                    continue
                seen.add(citizen)
                if await self._is_behind(candidate):
                    continue
                taken = await self._claim(candidate["_id"], owner=owner, now=now, lease_seconds=lease_seconds)
                if taken is not None:
                    return taken
        finally:
            await settle(due.close())
        return None

    async def _settle_lost(self, now: datetime) -> None:
        await self.items.update_many(
            {"status": "sending", "lease_until": {"$lt": now}},
            {
                "$set": {"status": "uncertain", "reason": LOST_REASON, "owner": ""},
                "$push": {"sent_times": now},
            },
        )

    async def _is_behind(self, item: Document) -> bool:
        """Whether the citizen has an older item that is not settled yet, or any that is being sent."""
        before = [
            {"status": "sending"},
            {"created_at": {"$lt": item["created_at"]}},
            {"created_at": item["created_at"], "_id": {"$lt": item["_id"]}},
        ]
        same = {"channel": item["channel"], "user": item["user"], "status": {"$in": _UNSETTLED}}
        return await self.items.find_one({**same, "$or": before}, ["_id"]) is not None

    async def _claim(
        self, item_id: str, *, owner: str, now: datetime, lease_seconds: float
    ) -> OutboxItem | None:
        lease = now + timedelta(seconds=lease_seconds)
        taken = await self.items.find_one_and_update(
            {"_id": item_id, "status": "waiting", "due_at": {"$lte": now}},
            {"$set": {"status": "sending", "owner": owner, "lease_until": lease}, "$inc": {"attempts": 1}},
            return_document=True,
        )
        return load_item(taken) if taken is not None else None

    @border()
    async def progress(self, item_id: str, *, owner: str, sent_parts: int, now: datetime) -> None:
        """Note that one more message of the item has left."""
        mine = {"_id": item_id, "status": "sending", "owner": owner, "sent_parts": {"$lt": sent_parts}}
        await self.items.update_one(mine, {"$set": {"sent_parts": sent_parts}, "$push": {"sent_times": now}})

    @border()
    async def settle(
        self,
        item_id: str,
        *,
        owner: str,
        status: OutboxStatus,
        reason: str,
        now: datetime,
        next_at: datetime | None,
        route: Route = "",
        job: str = "",
    ) -> None:
        """Write the result of an attempt and give the item back, unless it is not `owner`'s any more."""
        change: Document = {"$set": _settled(status, reason, now=now) | {"next_at": next_at}}
        change["$set"] |= {"due_at": next_at or now, "route": route, "job": job, "receipt": ""}
        if status == "uncertain" and route != "notice":  # maybe it arrived: it counts in the send window
            change["$push"] = {"sent_times": now}
        mine = {"_id": item_id, "status": "sending", "owner": owner}
        settled = await self.items.find_one_and_update(mine, change, return_document=True)
        if settled is not None and job:  # the result may have come before; whoever is second sees the other
            early = await self.receipts.find_one({"_id": f"{settled['channel']}:{job}"})
            if early is not None:
                await self._apply(settled, early["receipt"], job=job, now=now)

    @border()
    async def note_result(self, channel: Channel, user: str, result: NoticeResult, *, now: datetime) -> None:
        """Note what became of a notice; the result is kept for an item that does not know its number yet."""
        if result.job:
            kept = {"receipt": result.receipt, "expire_at": now + _RECEIPT_KEPT}
            await self.receipts.update_one(
                {"_id": f"{channel}:{result.job}"}, {"$setOnInsert": kept}, upsert=True
            )
        found = await self._reported(channel, user, result)
        if found is not None:
            await self._apply(found, result.receipt, job=result.job, now=now)

    async def _reported(self, channel: Channel, user: str, result: NoticeResult) -> Document | None:
        """Find the item that a result is about: by number, else by template, where only one can be meant."""
        if result.job:
            numbered = await self.items.find_one({"channel": channel, "job": result.job})
            if numbered is not None:
                return numbered
        if not result.template_id:
            return None
        nameless = {"route": "notice", "job": "", "receipt": "", "status": {"$in": ["sent", "uncertain"]}}
        mine = {"channel": channel, "user": user, "notice.template_id": result.template_id}
        candidates = await self.items.find({**mine, **nameless}).limit(2).to_list(None)
        return candidates[0] if len(candidates) == 1 else None

    async def _apply(self, document: Document, receipt: Receipt, *, job: str, now: datetime) -> None:
        settlement = settle_result(load_item(document), receipt)
        if settlement is None:
            return
        unchanged = {"_id": document["_id"], "status": document["status"], "receipt": ""}
        known_since = document.get("sent_at") if settlement.status == "sent" else None
        change = _settled(settlement.status, settlement.reason, now=known_since or now)
        await self.items.update_one(unchanged, {"$set": {**change, "receipt": receipt, "job": job}})

    @border()
    async def find(self, statuses: Collection[OutboxStatus], *, limit: int) -> tuple[OutboxItem, ...]:
        """Items of some statuses, oldest first."""
        found = self.items.find({"status": {"$in": list(statuses)}}).sort(_OLDEST_FIRST).limit(limit)
        return tuple([load_item(item) async for item in found])

    @border()
    async def requeue(self, ids: Collection[str], *, now: datetime) -> int:
        """Put items that are neither sent nor being sent back to `waiting`; returns how many."""
        again = {"status": "waiting", "due_at": now, "next_at": None, "requeued_at": now, "attempts": 0}
        result = await self.items.update_many(_open(ids), {"$set": again})
        return result.modified_count

    @border()
    async def drop(self, ids: Collection[str], *, reason: str) -> int:
        """Settle items that are neither sent nor being sent as `dropped`; returns how many."""
        result = await self.items.update_many(
            _open(ids), {"$set": {"status": "dropped", "reason": reason, "owner": ""}}
        )
        return result.modified_count

    @border()
    async def of_user(self, channel: Channel, user: str, *, after: datetime) -> tuple[OutboxItem, ...]:
        """Items of one citizen made after a time, oldest first."""
        mine = {"channel": channel, "user": user, "created_at": {"$gt": after}}
        return tuple([load_item(item) async for item in self.items.find(mine).sort(_OLDEST_FIRST)])

    @border()
    async def counts(self) -> dict[OutboxStatus, int]:
        """How many items there are of each status."""
        counted: dict[OutboxStatus, int] = dict.fromkeys(get_args(OutboxStatus), 0)
        groups: Any = await settle(
            self.items.aggregate([{"$group": {"_id": "$status", "count": {"$sum": 1}}}])
        )
        async for group in groups:
            counted[group["_id"]] = group["count"]
        return counted

    @border()
    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the citizen's items, and what they had subscribed to."""
        await self.items.delete_many({"channel": channel, "user": user})
        await self.consents.delete_many({"channel": channel, "user": user})


def _settled(status: OutboxStatus, reason: str, *, now: datetime) -> Document:
    """What a settled item says of itself."""
    fields: Document = {"status": status, "reason": reason, "owner": ""}
    if status == "sent":
        fields["sent_at"] = now
    elif status in {"held", "call"}:
        fields |= {"held_at": now, "checked_at": now}
    return fields


def _open(ids: Collection[str]) -> Document:
    return {"_id": {"$in": list(ids)}, "status": {"$in": _OPEN_TO_STAFF}}
