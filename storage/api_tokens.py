"""API tokens of the staff in MongoDB (`helpdesk.api_tokens`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from pymongo import DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from helpdesk.api_tokens import ApiToken
from storage.documents import dump, load
from storage.mongo import Document, border

_TOKEN: Final = TypeAdapter(ApiToken)


def _token(document: Document) -> ApiToken:
    return load(_TOKEN, {"id": document["_id"], **document}, name="api_tokens/…")


@dataclass(frozen=True, slots=True)
class MongoApiTokenStore:
    """Keeps tokens until they run out; MongoDB deletes them then."""

    api_tokens: AsyncCollection[Document]

    @border()
    async def add(self, token: ApiToken) -> None:
        """Store a new token."""
        fields: Document = dump(token)
        await self.api_tokens.insert_one({"_id": fields.pop("id"), **fields, "expire_at": token.expires_at})

    @border()
    async def get(self, token_id: str) -> ApiToken | None:
        """One token, also when it has run out."""
        found = await self.api_tokens.find_one({"_id": token_id})
        return _token(found) if found is not None else None

    @border()
    async def of_staff(self, staff_id: str) -> tuple[ApiToken, ...]:
        """All tokens of a person, the newest first."""
        found = self.api_tokens.find({"staff_id": staff_id}).sort(
            [("created_at", DESCENDING), ("_id", DESCENDING)]
        )
        return tuple([_token(each) async for each in found])

    @border()
    async def touch(self, token_id: str, *, now: datetime, address: str) -> None:
        """Note the last use; a token that was revoked stays so."""
        await self.api_tokens.update_one({"_id": token_id}, {"$set": {"used_at": now, "used_from": address}})

    @border()
    async def revoke(self, token_id: str, *, staff_id: str) -> bool:
        """Delete a token of a person; False when there is none."""
        result = await self.api_tokens.delete_one({"_id": token_id, "staff_id": staff_id})
        return result.deleted_count == 1
