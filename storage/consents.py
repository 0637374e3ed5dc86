"""Subscriptions in MongoDB (`wechat.consents.ConsentStore`): one document for each citizen and template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from messages import Channel
from storage.mongo import Document, border

_KEYS_KEPT: Final = 50
"""Of how many grants the keys are remembered, so that a turn that is done again grants nothing twice."""


def _which(channel: Channel, user: str, template_id: str) -> Document:
    return {"channel": channel, "user": user, "template_id": template_id}


@dataclass(frozen=True, slots=True)
class MongoConsentStore:
    """Keeps how many messages of a template a citizen agreed to; a unique index makes it one document."""

    consents: AsyncCollection[Document]

    @border()
    async def grant(
        self, channel: Channel, user: str, template_id: str, *, lasting: bool, key: str, now: datetime
    ) -> None:
        """Note one more consent; a lasting one is not used up by messages. The same `key` counts once."""
        which = _which(channel, user, template_id)
        change: Document = {
            "$inc": {"left": 0 if lasting else 1},
            "$max": {"lasting": lasting},
            "$set": {"granted_at": now},
            "$push": {"granted_by": {"$each": [key], "$slice": -_KEYS_KEPT}},
        }
        while await self.consents.find_one({**which, "granted_by": key}, ["_id"]) is None:
            try:
                await self.consents.update_one({**which, "granted_by": {"$ne": key}}, change, upsert=True)
            except DuplicateKeyError:  # somebody else made the document, maybe with this key: look again
                continue
            return

    @border()
    async def take(self, channel: Channel, user: str, template_id: str) -> bool:
        """Use one consent up; False when there is none."""
        which = _which(channel, user, template_id)
        if await self.consents.find_one({**which, "lasting": True}, ["_id"]) is not None:
            return True
        result = await self.consents.update_one({**which, "left": {"$gt": 0}}, {"$inc": {"left": -1}})
        return result.modified_count == 1

    @border()
    async def give_back(self, channel: Channel, user: str, template_id: str) -> None:
        """Undo `take`: the message did not leave."""
        once = {**_which(channel, user, template_id), "lasting": False}
        await self.consents.update_one(once, {"$inc": {"left": 1}})

    @border()
    async def revoke(self, channel: Channel, user: str, template_id: str) -> None:
        """Forget all consents of a template."""
        nothing = {"$set": {"left": 0, "lasting": False}}
        await self.consents.update_one(_which(channel, user, template_id), nothing)
