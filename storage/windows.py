"""What counts in a citizen's send window, read out of turns and outbox (`wechat.windows.WindowLedger`).

Nothing is written for it when a message comes in: the turn is stored anyway, and so is every send. Only items
that wait for their citizen are looked through, a batch at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from messages import Channel
from storage.mongo import Document, border
from wechat.windows import EVENT_CAUSES, LONGEST, SAFETY, Cause, Ledger, cause_of

_BATCH: Final = 200
_LATEST: Final = 50
"""Enough to hold the last of each cause: they differ only among the messages of the same minute."""
_OPENING: Final[Document] = {
    "$or": [{"inbound.kind": {"$ne": "event"}}, {"inbound.event": {"$in": sorted(EVENT_CAUSES)}}]
}
_CALL_REASON: Final = "市民一天内没有再来信，微信发不出去，请电话联系市民。"


@dataclass(frozen=True, slots=True)
class MongoWindowLedger:
    """Reads what citizens did from `turns` and `consents`, and what was sent to them from `outbox`."""

    turns: AsyncCollection[Document]
    outbox: AsyncCollection[Document]
    consents: AsyncCollection[Document]

    @border()
    async def read(self, channel: Channel, user: str, *, now: datetime) -> Ledger:
        """What counts for one citizen now."""
        since = now - LONGEST
        deeds = self.turns.find(
            {"inbound.channel": channel, "inbound.user": user, "inbound.at": {"$gte": since}, **_OPENING},
            ["inbound.at", "inbound.kind", "inbound.event", "inbound.menu_choice"],
        )
        openings: dict[Cause, datetime] = {}
        async for deed in deeds.sort([("inbound.at", DESCENDING)]).limit(_LATEST):
            inbound = deed["inbound"]
            cause = cause_of(kind=inbound["kind"], event=inbound["event"], menu_choice=inbound["menu_choice"])
            if cause is not None:
                openings.setdefault(cause, inbound["at"])
        recent = {"channel": channel, "user": user, "sent_times": {"$gte": since - SAFETY}}
        sends = [
            time async for item in self.outbox.find(recent, ["sent_times"]) for time in item["sent_times"]
        ]
        return Ledger(openings, tuple(sorted(sends)))

    @border()
    async def release(self, *, now: datetime, call_after: timedelta) -> int:
        """Let go the items that waited for a citizen who has done something since; returns how many."""
        await self.outbox.update_many(
            {"status": "held", "held_at": {"$lte": now - call_after}},
            {"$set": {"status": "call", "reason": _CALL_REASON}},
        )
        fields = ["channel", "user", "held_at", "notice.template_id"]
        held = self.outbox.find({"status": {"$in": ["held", "call"]}}, fields)
        batch = [item async for item in held.sort([("checked_at", ASCENDING)]).limit(_BATCH)]
        if not batch:
            return 0
        await self.outbox.update_many(
            {"_id": {"$in": [item["_id"] for item in batch]}}, {"$set": {"checked_at": now}}
        )
        back = await self._back(batch)
        agreed = await self._agreed(batch)
        freed = [item["_id"] for item in batch if _citizen(item) in back or item["_id"] in agreed]
        if not freed:
            return 0
        result = await self.outbox.update_many(
            {"_id": {"$in": freed}, "status": {"$in": ["held", "call"]}},
            {"$set": {"status": "waiting", "due_at": now, "requeued_at": now, "attempts": 0}},
        )
        return result.modified_count

    async def _back(self, held: Sequence[Document]) -> set[tuple[str, str]]:
        """Which citizens did something that opens a window after their item was held.

        By when we received it: the platform's own time has whole seconds, and is another clock.
        """
        since: dict[tuple[str, str], datetime] = {}
        for item in held:
            citizen = _citizen(item)
            since[citizen] = min(item["held_at"], since.get(citizen, item["held_at"]))
        someone: list[Any] = [
            {"inbound.channel": channel, "inbound.user": user, "received_at": {"$gt": after}}
            for (channel, user), after in since.items()
        ]
        found = self.turns.find({"$and": [{"$or": someone}, _OPENING]}, ["inbound.channel", "inbound.user"])
        return {(turn["inbound"]["channel"], turn["inbound"]["user"]) async for turn in found}

    async def _agreed(self, held: Sequence[Document]) -> set[Any]:
        """Which items can leave as a notice, because their citizen agreed to it after they were held.

        Not those that agreed before: then the notice itself was refused, and would be again.
        """
        waiting = [item for item in held if item.get("notice")]
        if not waiting:
            return set()
        someone: list[Any] = [
            {
                **{field: item[field] for field in ("channel", "user")},
                "template_id": item["notice"]["template_id"],
            }
            for item in waiting
        ]
        usable: Document = {"$or": [{"left": {"$gt": 0}}, {"lasting": True}]}
        found = self.consents.find({"$and": [{"$or": someone}, usable]})
        agreed = {(*_citizen(each), each["template_id"]): each["granted_at"] async for each in found}
        return {
            item["_id"]
            for item in waiting
            if (at := agreed.get((*_citizen(item), item["notice"]["template_id"]))) is not None
            and at > item["held_at"]
        }


def _citizen(document: Document) -> tuple[str, str]:
    return document["channel"], document["user"]
