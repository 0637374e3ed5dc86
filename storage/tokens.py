"""Shared access tokens in MongoDB (`wechat.tokens.TokenStore`): one document for each token.

Whoever may fetch holds the claim: a lease in the document, taken by one update whose filter says under which
conditions. The day's count of fetches rises in that same update, so that no fault can go past the budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from storage.mongo import Document, border
from wechat.tokens import Claim, Fetched, Limits, Token, next_wait_seconds

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FRESH: Final[Document] = {
    "value": "",
    "generation": 0,
    "renew_at": _LONG_AGO,
    "owner": "",
    "lease_until": _LONG_AGO,
    "not_before": _LONG_AGO,
    "rejected_at": _LONG_AGO,
    "day": "",
    "fetches": 0,
    "failures": 0,
    "problem": 0,
}


def _token(document: Document) -> Token:
    return Token(document["value"], document["generation"], document["renew_at"])


@dataclass(frozen=True, slots=True)
class MongoTokenStore:
    """Keeps tokens by name: the app id, or the app id and a kind of ticket."""

    tokens: AsyncCollection[Document]

    @border()
    async def claim(
        self, name: str, *, owner: str, beyond: int, now: datetime, day: str, limits: Limits
    ) -> Claim:
        """Give the token when there is a good one of a generation above `beyond`; else maybe the task."""
        document = await self._read(name)
        alive = bool(document["value"]) and document["renew_at"] > now
        if alive and document["generation"] > beyond:
            return Claim("known", _token(document))
        refusal = _refuse(document, owner=owner, rejected=alive, now=now, day=day, limits=limits)
        if refusal is not None:
            return refusal
        first_today = document["day"] != day
        taken: Document = {
            "owner": owner,
            "lease_until": now + timedelta(seconds=limits.lease_seconds),
            "day": day,
            "fetches": 1 if first_today else document["fetches"] + 1,
        }
        if alive:
            taken["rejected_at"] = now
        # What was looked at must still hold: each claim, publication and failure changes one of these.
        seen = {key: document[key] for key in ("generation", "owner", "lease_until", "fetches", "not_before")}
        result = await self.tokens.update_one({"_id": name, **seen}, {"$set": taken})
        return Claim("yours" if result.modified_count else "busy")

    async def _read(self, name: str) -> Document:
        while (document := await self.tokens.find_one({"_id": name})) is None:
            try:
                await self.tokens.insert_one({"_id": name, **_FRESH})
            except DuplicateKeyError:  # another process made it
                continue
        return document

    @border()
    async def publish(self, name: str, *, owner: str, fetched: Fetched, renew_at: datetime) -> Token | None:
        """Share what was fetched and give the claim back; None when the claim was lost meanwhile."""
        done = {"value": fetched.value, "renew_at": renew_at, "owner": "", "failures": 0, "problem": 0}
        document = await self.tokens.find_one_and_update(
            {"_id": name, "owner": owner},
            {"$set": {**done, "not_before": _LONG_AGO}, "$inc": {"generation": 1}},
            return_document=True,
        )
        return _token(document) if document is not None else None

    @border()
    async def give_up(self, name: str, *, owner: str, now: datetime, problem: int) -> None:
        """Give the claim back after a failure; the next one must wait, longer each time."""
        document = await self.tokens.find_one({"_id": name, "owner": owner}, ["failures"])
        if document is None:
            return
        failures = document["failures"] + 1
        wait = timedelta(seconds=next_wait_seconds(failures))
        changed = {"owner": "", "failures": failures, "problem": problem, "not_before": now + wait}
        await self.tokens.update_one({"_id": name, "owner": owner}, {"$set": changed})


def _refuse(
    document: Document, *, owner: str, rejected: bool, now: datetime, day: str, limits: Limits
) -> Claim | None:
    """Why nobody may fetch now; None when somebody may."""
    if document["owner"] not in {"", owner} and document["lease_until"] > now:
        return Claim("busy")
    if document["not_before"] > now:
        return Claim("waiting", until=document["not_before"], problem=document["problem"])
    spaced = document["rejected_at"] + timedelta(seconds=limits.spacing_seconds)
    if rejected and spaced > now:
        return Claim("waiting", until=spaced)
    if document["day"] == day and document["fetches"] >= limits.budget:
        return Claim("spent", problem=document["problem"])
    return None
