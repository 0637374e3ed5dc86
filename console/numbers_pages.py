"""The dashboard: what citizens asked, what came of it, which entries carried it; a page for each entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from console.cards import Card
from console.charts import Chart
from console.numbers_range import PRESETS, Range, chosen
from console.numbers_view import (
    OUTCOME_NAMES,
    REASON_NAMES,
    Before,
    Figure,
    Period,
    Scope,
    compare,
    department_name,
    department_names,
    entry_rows,
    figures,
    outcome_chart,
    periods,
    rating_chart,
    time_chart,
)
from console.visit import UNPROCESSABLE, Page, Visit
from handlers.numbers import DayTally, Span, Sums, day_of, handoff_reasons, sum_up
from knowledge.entries import Entry

SHOWN_ENTRIES: Final = 20
"""Rows of the table of entries; the CSV has all."""


@dataclass(frozen=True, slots=True)
class EntryNumbers:
    """The numbers of one entry, as `numbers_parts.html` shows them, on any page."""

    id: str
    wanted: Range
    sums: Sums
    asked_back: int
    last: datetime | None
    periods: tuple[Period, ...]
    chart: Chart


async def show_numbers(visit: Visit) -> web.StreamResponse:
    """`GET /console/numbers`."""
    wanted, scope = wanted_of(visit), scope_of(visit)
    span, snapshot = wanted.span, visit.deps.snapshots.current
    tallies = scope.take(await visit.deps.numbers.days(span))
    before = compare(await days_of(visit, scope, span.before), span)
    sums, found = sum_up(tallies), periods(tallies, wanted)
    by_useless = visit.request.query.get("by") == "useless"
    rows = entry_rows(tallies, snapshot, worst_first=by_useless)
    return visit.page(
        "numbers.html",
        status=UNPROCESSABLE if wanted.problem else 200,
        wanted=wanted,
        presets=PRESETS,
        query=_query(visit, wanted),
        scope=scope,
        scope_names=department_names(scope.departments, snapshot),
        choices=_choices(visit),
        sums=sums,
        figures=figures(sums, before, whole=scope.whole),
        compared=before.sums is not None,
        periods=[period for _, period in found],
        outcome_names=OUTCOME_NAMES,
        outcomes=outcome_chart(found, whole=scope.whole, weekly=wanted.weekly),
        times=time_chart(found, weekly=wanted.weekly) if sums.times else None,
        whole_span=Period("", sums),
        by_useless=by_useless,
        entries=rows[:SHOWN_ENTRIES],
        all_entries=len(rows),
        reasons=handoff_reasons(tallies),
        reason_names=REASON_NAMES,
    )


async def show_entry(visit: Visit) -> web.StreamResponse:
    """`GET /console/numbers/entries/{id}`."""
    entry_id, entry = entry_of(visit)
    wanted = wanted_of(visit)
    numbers = await entry_numbers(visit, entry_id, wanted)
    if entry is None and numbers.last is None and not numbers.sums.questions:
        raise web.HTTPNotFound
    return visit.page(
        "numbers_entry.html",
        status=UNPROCESSABLE if wanted.problem else 200,
        wanted=wanted,
        presets=PRESETS,
        query=wanted.query,
        entry=entry,
        department=department_name(entry.department, visit.deps.snapshots.current) if entry else "",
        numbers=numbers,
    )


async def entry_numbers(visit: Visit, entry_id: str, wanted: Range | None = None) -> EntryNumbers:
    """Count one entry, for a page of its own or a part of another one; the last 30 days by default.

    The page must have asked whether the visitor may see this entry's numbers.
    """
    wanted = wanted or chosen({"range": "30"}, day_of(visit.now))
    tallies = await visit.deps.numbers.days(wanted.span, entry=entry_id)
    found = periods(tallies, wanted)
    sums = sum_up(tallies)
    return EntryNumbers(
        entry_id,
        wanted,
        sums,
        sums.count("asked_back"),
        await visit.deps.numbers.last_answer(entry_id),
        tuple(period for _, period in found),
        rating_chart(found, weekly=wanted.weekly),
    )


async def today_card(visit: Visit) -> Card | None:
    """Today in short, for the home page."""
    if not visit.may("numbers.read"):
        return None
    scope, today = scope_of(visit), day_of(visit.now)
    sums = sum_up(await days_of(visit, scope, Span(today, today)))
    short: tuple[Figure, ...] = figures(sums, Before(None, ""), whole=scope.whole)
    return Card("numbers", "今天到现在", "numbers_card.html", {"figures": short, "quiet": not sums.questions})


async def days_of(visit: Visit, scope: Scope, span: Span) -> tuple[DayTally, ...]:
    """What of some days belongs to a scope, for adding up: the whole hall needs no entries for that."""
    numbers = visit.deps.numbers
    return await numbers.totals(span) if scope.whole else scope.take(await numbers.days(span))


def wanted_of(visit: Visit) -> Range:
    """The days that the address asks for."""
    return chosen(visit.request.query, day_of(visit.now))


def _choices(visit: Visit) -> list[tuple[str, str]]:
    """The departments somebody may choose from."""
    snapshot = visit.deps.snapshots.current
    departments = snapshot.departments if snapshot else {}
    return [(each, department_name(each, snapshot)) for each in departments if visit.me.covers(each)]


def scope_of(visit: Visit) -> Scope:
    """The chosen department, else all of this person's; what is not theirs is not chosen."""
    department = visit.request.query.get("department", "")
    mine = department in {each for each, _ in _choices(visit)}
    return Scope.of((department,) if mine else visit.me.departments, visit.deps.snapshots.current)


def _query(visit: Visit, wanted: Range) -> dict[str, str]:
    """What was chosen, for the addresses of the other tables."""
    scope = scope_of(visit)
    one = scope.departments[0] if len(scope.departments) == 1 else ""
    return {**wanted.query, "department": one}


def entry_of(visit: Visit) -> tuple[str, Entry | None]:
    """The entry of the address. One that is gone can be looked at by who may see the whole hall."""
    entry_id = visit.request.match_info["id"]
    snapshot = visit.deps.snapshots.current
    entry = snapshot.entries.get(entry_id) if snapshot else None
    if entry is not None:
        visit.demand("numbers.read", entry.department)
    elif visit.me.departments:
        raise web.HTTPForbidden
    return entry_id, entry


PAGES: Final = (
    Page("GET", "/numbers", "numbers.read", show_numbers, "numbers"),
    Page("GET", "/numbers/entries/{id}", "numbers.read", show_entry, "numbers"),
)
