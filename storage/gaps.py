"""What clerks decided about gaps, in MongoDB (`knowledge.gaps.GapStore`): one document for each gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from pymongo import DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from knowledge.gaps import Decided, GapDecision
from storage.documents import dump, load
from storage.mongo import Document, border

_DECISION: Final = TypeAdapter(GapDecision)


@dataclass(frozen=True, slots=True)
class MongoGapStore:
    """Keeps decisions until they are revoked."""

    gaps: AsyncCollection[Document]

    @border()
    async def decide(self, decision: GapDecision) -> None:
        """Keep a decision; a later one about the same gap takes its place."""
        await self.gaps.replace_one({"_id": decision.id}, dump(decision), upsert=True)

    @border()
    async def revoke(self, gap_id: str) -> bool:
        """Forget a decision; False when there was none."""
        return (await self.gaps.delete_one({"_id": gap_id})).deleted_count == 1

    @border()
    async def decisions(self, decided: Decided | None = None) -> tuple[GapDecision, ...]:
        """All decisions, or those of one kind, the newest first."""
        query: Document = {"decided": decided} if decided else {}
        found = self.gaps.find(query).sort([("at", DESCENDING), ("_id", DESCENDING)])
        return tuple([load(_DECISION, each, name=f"gaps/{each['_id']}") async for each in found])
