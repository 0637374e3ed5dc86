"""Subscriptions in MongoDB (`wechat.consents.ConsentStore`): one document for each citizen and template."""

from __future__ import annotations

from dataclasses import dataclass

from pymongo.asynchronous.collection import AsyncCollection

from messages import Channel
from storage.mongo import Document, border


def _which(channel: Channel, user: str, template_id: str) -> Document:
    return {"channel": channel, "user": user, "template_id": template_id}


@dataclass(frozen=True, slots=True)
class MongoConsentStore:
    """Keeps how many messages of a template a citizen agreed to; a unique index makes it one document."""

    consents: AsyncCollection[Document]

    @border()
    async def grant(self, channel: Channel, user: str, template_id: str, *, lasting: bool) -> None:
        """Note one more consent; a lasting one is not used up by messages."""
        await self.consents.update_one(
            _which(channel, user, template_id),
            {"$inc": {"left": 0 if lasting else 1}, "$max": {"lasting": lasting}},
            upsert=True,
        )

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
        await self.consents.delete_one(_which(channel, user, template_id))
