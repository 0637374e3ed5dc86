"""Tallies of the days in MongoDB (`handlers.numbers.NumbersStore`).

`tallies` has one document a day, made once from `turns` and `handoffs` when the day is over. What is not
settled yet (today, as a rule) is counted at each look; an index over the time of arrival finds its turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from handlers.numbers import (
    KEEP_YEARS,
    QUESTIONS,
    DayTally,
    EntryCount,
    HandoffCount,
    Span,
    bounds,
    day_of,
    last_over,
    narrowed,
    rounded,
)
from storage.documents import DamagedDocumentError, dump
from storage.mongo import BULK_SECONDS, Document, border, settle

LOOK_SECONDS: Final = 10.0
"""What a page of numbers may take at most: before the first days are settled it counts them all."""
_TALLIES: Final = TypeAdapter(tuple[DayTally, ...])
_ANSWERED: Final = "answered"
_ASKED_BACK: Final = "asked_back"


@dataclass(frozen=True, slots=True)
class MongoNumbersStore:
    """Counts days, and keeps what they came to."""

    turns: AsyncCollection[Document]
    handoffs: AsyncCollection[Document]
    tallies: AsyncCollection[Document]

    @border(LOOK_SECONDS)
    async def days(self, span: Span, *, entry: str | None = None) -> tuple[DayTally, ...]:
        """Give the days in which something was counted, in order; of one entry alone when it is named."""
        if entry is None:
            return await self._days(span, None)
        found = await self._days(span, {"entries": {"$elemMatch": {"entry": entry}}})
        return tuple(narrowed(tally, {entry}, ()) for tally in found)

    @border(LOOK_SECONDS)
    async def totals(self, span: Span) -> tuple[DayTally, ...]:
        """Give the same days without their entries, which are most of a tally: quicker."""
        return await self._days(span, {"entries": 0})

    async def _days(self, span: Span, fields: Document | None) -> tuple[DayTally, ...]:
        which = {"_id": {"$gte": span.first.isoformat(), "$lte": span.last.isoformat()}}
        settled = [each async for each in self.tallies.find(which, fields)]
        known = {each["_id"] for each in settled}
        open_days = [day for day in await self._days_with_turns(span) if day.isoformat() not in known]
        counted = await asyncio.gather(*(self._count(day) for day in open_days))
        loaded = await asyncio.to_thread(_load, settled)
        return tuple(sorted((*loaded, *counted), key=lambda tally: tally.day))

    @border()
    async def last_answer(self, entry: str) -> datetime | None:
        """When an entry was the answer for the last time, as far back as turns are kept."""
        which = {"trace.entry": entry, "trace.outcome": _ANSWERED}
        found = await self.turns.find_one(which, ["received_at"], sort=[("received_at", DESCENDING)])
        moment: datetime | None = found["received_at"] if found else None
        return moment

    @border(BULK_SECONDS)
    async def settle(self, now: datetime, *, most: int) -> int:
        """Count up to `most` days that are over and not counted yet; returns how many it did.

        A day with a turn that still runs waits for it. Whoever comes second writes the same.
        """
        first = await self._first_day()
        if first is None:
            return 0
        over = Span(first, last_over(now))
        known = {
            each["_id"]
            async for each in self.tallies.find({"_id": {"$gte": first.isoformat()}}, ["_id"])
        }  # fmt: skip
        missing = [day for day in over.days() if day.isoformat() not in known][:most]
        done = 0
        for day in missing:
            if await self._still_running(day):
                break
            document = dump(await self._count(day))
            document["expire_at"] = _expiry(day)
            await self.tallies.replace_one({"_id": document.pop("day")}, document, upsert=True)
            done += 1
        return done

    async def _still_running(self, day: date) -> bool:
        running = {"status": "running", "received_at": {"$lt": bounds(day)[1]}}
        return await self.turns.find_one(running, ["_id"]) is not None

    async def _first_day(self) -> date | None:
        """The day of the oldest turn that is kept."""
        found = await self.turns.find_one(
            {"status": "done"}, ["received_at"], sort=[("received_at", ASCENDING)]
        )
        return day_of(found["received_at"]) if found else None

    async def _days_with_turns(self, span: Span) -> Sequence[date]:
        """The days of a span from the first one that has a turn: usually just these are to be looked at."""
        first = await self._first_day()
        return Span(max(first, span.first), span.last).days() if first else ()

    async def _count(self, day: date) -> DayTally:
        begin, end = bounds(day)
        turns = {"status": "done", "received_at": {"$gte": begin, "$lt": end}}
        outcomes, times, handoffs = await asyncio.gather(
            self._grouped(
                self.turns,
                turns,
                {"outcome": "$trace.outcome", "entry": "$trace.entry", "useful": "$useful"},
            ),
            self._grouped(
                self.turns,
                {**turns, "trace.outcome": {"$in": list(QUESTIONS)}, "handled_at": {"$ne": None}},
                {"$subtract": ["$handled_at", "$received_at"]},
            ),
            self._grouped(
                self.handoffs,
                {"opened_at": {"$gte": begin, "$lt": end}},
                {"reason": "$reason", "department": "$department"},
            ),
        )
        entries = _entries(outcomes)
        return DayTally(
            day,
            _outcomes(outcomes),
            _times(times),
            sum(each.useful for each in entries),
            sum(each.useless for each in entries),
            entries,
            tuple(
                HandoffCount(each["_id"]["reason"], each["_id"]["department"], each["count"])
                for each in handoffs
            ),
        )

    async def _grouped(
        self, collection: AsyncCollection[Document], which: Document, by: Document
    ) -> list[Document]:
        counted: Document = {"$group": {"_id": by, "count": {"$sum": 1}}}
        cursor = await settle(collection.aggregate([{"$match": which}, counted]))
        return [each async for each in cursor]


def _outcomes(groups: Sequence[Document]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in groups:
        outcome = each["_id"].get("outcome") or "other"
        found[outcome] = found.get(outcome, 0) + each["count"]
    return found


def _times(groups: Sequence[Document]) -> tuple[tuple[int, int], ...]:
    found: dict[int, int] = {}
    for each in groups:
        milliseconds = rounded(int(each["_id"]))
        found[milliseconds] = found.get(milliseconds, 0) + each["count"]
    return tuple(sorted(found.items()))


def _entries(groups: Sequence[Document]) -> tuple[EntryCount, ...]:
    found: dict[str, EntryCount] = {}
    for each in groups:
        key, count = each["_id"], each["count"]
        entry, outcome, useful = key.get("entry"), key.get("outcome"), key.get("useful")
        if not entry or outcome not in {_ANSWERED, _ASKED_BACK}:
            continue
        more = EntryCount(
            entry,
            answered=count if outcome == _ANSWERED else 0,
            asked_back=count if outcome == _ASKED_BACK else 0,
            useful=count if useful is True else 0,
            useless=count if useful is False else 0,
        )
        found[entry] = found[entry] + more if entry in found else more
    return tuple(found[entry] for entry in sorted(found))


def _expiry(day: date) -> datetime:
    years_later = day.year + KEEP_YEARS
    return bounds(day.replace(year=years_later, day=min(day.day, 28)))[1]


def _load(documents: Sequence[Document]) -> tuple[DayTally, ...]:
    """Read tallies. They hold plain values in great number, so `documents.load` would be slow."""
    try:
        return _TALLIES.validate_python([{**each, "day": each["_id"]} for each in documents])
    except ValidationError as error:
        raise DamagedDocumentError(
            f"a tally of a day is damaged, delete it to have it made anew: {error}"
        ) from error
