"""The tables of numbers as CSV files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from console.numbers_pages import days_of, entry_of, scope_of, wanted_of
from console.numbers_range import Range
from console.numbers_view import (
    MEDIAN,
    NEARLY_ALL,
    OUTCOME_NAMES,
    REASON_NAMES,
    EntryRow,
    department_name,
    entry_rows,
    percent,
    ratings,
)
from console.visit import Page, Visit
from handlers.numbers import DayTally, Sums, quantile, sum_up
from knowledge.sheets.cells import Cell
from knowledge.sheets.table import Heading, Table, comma_separated
from rendering.templating import segment

Column = tuple[str, Callable[[Sums], int | None]]

_RATED: Final[tuple[Column, ...]] = (("有用", lambda each: each.useful), ("没用", lambda each: each.useless))
_HANDOFFS: Final[Column] = ("登记人工服务", lambda each: each.handoffs)
_OF_ENTRIES: Final[tuple[Column, ...]] = (
    ("命中", lambda each: each.count("answered")),
    ("反问时排第一", lambda each: each.count("asked_back")),
    *_RATED,
)
OF_DEPARTMENTS: Final[tuple[Column, ...]] = (*_OF_ENTRIES, _HANDOFFS)
OF_ONE_ENTRY: Final[tuple[Column, ...]] = (*_OF_ENTRIES, ("没有评价", lambda each: ratings(each)[2]))


def _outcome(key: str) -> Column:
    return (OUTCOME_NAMES[key], lambda each: each.count(key))


OF_THE_HALL: Final[tuple[Column, ...]] = (
    ("提问", lambda each: each.questions),
    *(_outcome(key) for key in OUTCOME_NAMES),
    *_RATED,
    _HANDOFFS,
    ("用时中位数（毫秒）", lambda each: quantile(each.times, MEDIAN)),
    ("95% 用时（毫秒）", lambda each: quantile(each.times, NEARLY_ALL)),
)


async def save_days(visit: Visit) -> web.StreamResponse:
    """`GET /console/numbers/days.csv`: a row for each day."""
    wanted, scope = wanted_of(visit), scope_of(visit)
    tallies = await days_of(visit, scope, wanted.span)
    columns = OF_THE_HALL if scope.whole else OF_DEPARTMENTS
    return _by_day("每日", wanted, tallies, columns)


async def save_entry(visit: Visit) -> web.StreamResponse:
    """`GET /console/numbers/entries/{id}/days.csv`."""
    entry_id, _ = entry_of(visit)
    wanted = wanted_of(visit)
    tallies = await visit.deps.numbers.days(wanted.span, entry=entry_id)
    return _by_day(f"条目-{entry_id}", wanted, tallies, OF_ONE_ENTRY)


async def save_entries(visit: Visit) -> web.StreamResponse:
    """`GET /console/numbers/entries.csv`: all entries that were used."""
    wanted, tallies = await _counted(visit)
    header = ("条目编号", "标准问", "部门", "命中", "反问时排第一", "有用", "没用", "有用率", "最近命中")
    rows = entry_rows(tallies, visit.deps.snapshots.current)
    return _saved(_file_name("条目", wanted), header, [_entry_cells(row) for row in rows])


def _entry_cells(row: EntryRow) -> tuple[str | int, ...]:
    return (
        row.id,
        row.question or "（条目已删除）",
        row.department,
        row.answered,
        row.asked_back,
        row.useful,
        row.useless,
        "" if row.useful_share is None else percent(row.useful_share),
        row.last.isoformat() if row.last else "",
    )


async def save_handoffs(visit: Visit) -> web.StreamResponse:
    """`GET /console/numbers/handoffs.csv`: by day, reason and department."""
    wanted, tallies = await _counted(visit)
    snapshot = visit.deps.snapshots.current
    rows = [
        (
            tally.day.isoformat(),
            REASON_NAMES.get(each.reason, each.reason),
            department_name(each.department, snapshot) or "未知",
            each.count,
        )
        for tally in tallies
        for each in tally.handoffs
    ]
    return _saved(_file_name("人工服务", wanted), ("日期", "原因", "部门", "次数"), rows)


async def _counted(visit: Visit) -> tuple[Range, Sequence[DayTally]]:
    wanted = wanted_of(visit)
    return wanted, scope_of(visit).take(await visit.deps.numbers.days(wanted.span))


def _by_day(what: str, wanted: Range, tallies: Sequence[DayTally], columns: Sequence[Column]) -> web.Response:
    sums = {each.day: sum_up([each]) for each in tallies}
    rows = [
        (day.isoformat(), *(value(sums.get(day, Sums())) for _, value in columns))
        for day in wanted.span.days()
    ]
    return _saved(_file_name(what, wanted), ("日期", *(name for name, _ in columns)), rows)


def _saved(name: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> web.Response:
    table = Table(name, tuple(Heading(each) for each in headings), rows)
    return web.Response(
        body=comma_separated(table),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{segment(name)}.csv",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _file_name(what: str, wanted: Range) -> str:
    return f"统计-{what}-{wanted.span.first.isoformat()}-{wanted.span.last.isoformat()}"


PAGES: Final = (
    Page("GET", "/numbers/days.csv", "numbers.read", save_days, "numbers"),
    Page("GET", "/numbers/entries.csv", "numbers.read", save_entries, "numbers"),
    Page("GET", "/numbers/handoffs.csv", "numbers.read", save_handoffs, "numbers"),
    Page("GET", "/numbers/entries/{id}/days.csv", "numbers.read", save_entry, "numbers"),
)
