"""Conversations in MongoDB (`handlers.conversation.ConversationStore`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from handlers.conversation import Conversation
from messages import Channel
from storage.documents import dump, load
from storage.mongo import Document, border

_CONVERSATION: Final = TypeAdapter(Conversation)


def conversation_id(channel: Channel, user: str) -> str:
    """One document for each citizen and channel."""
    return f"{channel}:{user}"


def new_conversation(channel: Channel, user: str, *, expire_at: datetime) -> Document:
    """The document of a citizen who has not written before; nobody holds it."""
    fresh: Document = dump(Conversation(channel=channel, user=user))
    return {
        "_id": conversation_id(channel, user),
        **fresh,
        "owner": "",
        "lease_until": None,
        "expire_at": expire_at,
    }


def load_conversation(document: Document) -> Conversation:
    """Read a stored conversation; its id is personal data and not named in errors."""
    return load(_CONVERSATION, document, name=f"a document of conversations ({document['channel']})")


@dataclass(frozen=True, slots=True)
class MongoConversationStore:
    """Keeps conversations for `keep_days` after the last message.

    The lock is a part of the document: one update takes both. An owner that asks twice gets the lock twice,
    so an owner must be one turn, not one process.
    """

    conversations: AsyncCollection[Document]
    keep_days: int

    @border()
    async def lock(
        self, channel: Channel, user: str, *, owner: str, now: datetime, lease_seconds: float
    ) -> Conversation | None:
        """Take the conversation (made when new) for `owner`; None while somebody else's lease runs."""
        fresh: Document = dump(Conversation(channel=channel, user=user))
        taken = {"owner": owner, "lease_until": now + timedelta(seconds=lease_seconds)}
        taken["expire_at"] = now + timedelta(days=self.keep_days)
        mine_or_free = [{"owner": {"$in": ["", owner]}}, {"lease_until": {"$lte": now}}]
        try:
            document = await self.conversations.find_one_and_update(
                {"_id": conversation_id(channel, user), "$or": mine_or_free},
                {"$set": taken, "$setOnInsert": fresh},
                upsert=True,
                return_document=True,
            )
        except DuplicateKeyError:  # it exists, but is neither ours nor free
            return None
        return load_conversation(document) if document is not None else None

    @border()
    async def save(self, conversation: Conversation, *, owner: str) -> bool:
        """Write the conversation and give the lock back; False when the lease was lost to another owner."""
        result = await self.conversations.update_one(
            {"_id": conversation_id(conversation.channel, conversation.user), "owner": owner},
            {"$set": {**dump(conversation), "owner": "", "lease_until": None}},
        )
        return result.matched_count == 1

    @border()
    async def release(self, channel: Channel, user: str, *, owner: str) -> None:
        """Give the lock back and change nothing else."""
        await self.conversations.update_one(
            {"_id": conversation_id(channel, user), "owner": owner},
            {"$set": {"owner": "", "lease_until": None}},
        )

    @border()
    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the conversation."""
        await self.conversations.delete_one({"_id": conversation_id(channel, user)})
