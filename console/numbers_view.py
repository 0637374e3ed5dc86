"""What the pages of numbers show, made out of the tallies: figures, charts, rows of tables. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from console.charts import Chart, Point, Series, lines, stacked
from console.numbers_range import Range, week_of
from handlers.numbers import (
    QUESTIONS,
    DayTally,
    Span,
    Sums,
    entry_sums,
    grouped,
    last_days,
    narrowed,
    quantile,
    sum_up,
)
from knowledge.snapshot import Snapshot

OUTCOME_NAMES: Final[Mapping[str, str]] = {
    "answered": "答上",
    "asked_back": "反问",
    "not_answered": "没答上",
    "handed_over": "转人工",
    "other": "其他消息",
}
REASON_NAMES: Final[Mapping[str, str]] = {
    "asked": "市民要求",
    "missed": "没答上来以后",
    "useless": "答案没用以后",
    "person_only": "必须由人答复的事项",
    "distress": "急难情况",
}
RATING_NAMES: Final[Mapping[str, str]] = {"useful": "有用", "useless": "没用", "unrated": "没有评价"}
TIME_NAMES: Final[Mapping[str, str]] = {"median": "一半的回答", "p95": "95% 的回答"}
MEDIAN: Final = 0.5
NEARLY_ALL: Final = 0.95
_A_SECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose numbers: the whole hall's, or those of some departments."""

    departments: tuple[str, ...] = ()
    """Empty: the whole hall."""
    entries: frozenset[str] = frozenset()

    @classmethod
    def of(cls, departments: Sequence[str], snapshot: Snapshot | None) -> Scope:
        """Take the entries of the departments, as they are today."""
        if not departments:
            return cls()
        entries = snapshot.entries.values() if snapshot else ()
        return cls(
            tuple(departments), frozenset(each.id for each in entries if each.department in departments)
        )

    @property
    def whole(self) -> bool:
        """Whether everything is counted."""
        return not self.departments

    def take(self, tallies: Sequence[DayTally]) -> tuple[DayTally, ...]:
        """What of some days belongs to this scope."""
        if self.whole:
            return tuple(tallies)
        return tuple(narrowed(each, self.entries, self.departments) for each in tallies)


@dataclass(frozen=True, slots=True)
class Figure:
    """A big number with its explanation and how it has changed."""

    name: str
    value: str
    detail: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """One row of the charts' tables: a day or a week."""

    name: str
    sums: Sums

    @property
    def median(self) -> int | None:
        """Half of the answers came within this many milliseconds."""
        return quantile(self.sums.times, MEDIAN)

    @property
    def nearly_all(self) -> int | None:
        """95 of 100 answers came within this many milliseconds."""
        return quantile(self.sums.times, NEARLY_ALL)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One row of the table of entries."""

    id: str
    question: str
    """Empty: the entry is not there any more."""
    department: str
    answered: int
    asked_back: int
    useful: int
    useless: int
    last: date | None

    @property
    def useful_share(self) -> float | None:
        """Which part of the ratings was good; None when nobody rated."""
        rated = self.useful + self.useless
        return self.useful / rated if rated else None


@dataclass(frozen=True, slots=True)
class Before:
    """The days before, to compare with; None when not all of them were counted."""

    sums: Sums | None
    name: str


def compare(earlier: Sequence[DayTally], span: Span) -> Before:
    """Add the days before a span up; not when some of them were not counted."""
    name = f"前 {span.length} 天" if span.length > 1 else "前一天"
    return Before(sum_up(earlier) if len(earlier) == span.length else None, name)


def figures(sums: Sums, before: Before, *, whole: bool) -> tuple[Figure, ...]:
    """The big numbers of the dashboard."""
    useful = Figure(
        "有用率",
        percent(sums.useful_share),
        f"{sums.rated:,} 次评价",
        _points(sums, before, lambda each: each.useful_share),
    )
    if not whole:
        return (
            _counted("答上", sums, before, lambda each: each.count("answered")),
            _counted("反问时排第一", sums, before, lambda each: each.count("asked_back")),
            useful,
            _counted("登记人工服务", sums, before, lambda each: each.handoffs),
        )
    return (
        _counted("提问", sums, before, lambda each: each.questions),
        *(_shared(outcome, sums, before) for outcome in ("answered", "not_answered", "handed_over")),
        useful,
    )


def _shared(outcome: str, sums: Sums, before: Before) -> Figure:
    return Figure(
        OUTCOME_NAMES[outcome],
        percent(sums.share(outcome)),
        f"{sums.count(outcome):,} 次",
        _points(sums, before, lambda each: each.share(outcome)),
    )


def _counted(name: str, sums: Sums, before: Before, what: Callable[[Sums], int]) -> Figure:
    now = what(sums)
    return Figure(name, f"{now:,}", "", _change(now, what(before.sums), before.name) if before.sums else "")


def _change(now: int, then: int, name: str) -> str:
    if now == then:
        return f"和{name}一样"
    if not then:
        return f"{name}是 0"
    change = round(abs(now - then) / then * 100)
    return f"比{name}{'多' if now > then else '少'} {f'{change:,}%' if change else '不到 1%'}"


def _points(sums: Sums, before: Before, what: Callable[[Sums], float | None]) -> str:
    now, then = what(sums), what(before.sums) if before.sums else None
    if now is None or then is None:
        return ""
    change = round((now - then) * 100, 1)
    if not change:
        return f"和{before.name}一样"
    return f"比{before.name}{'高' if change > 0 else '低'} {abs(change):g} 个百分点"


def periods(tallies: Sequence[DayTally], wanted: Range) -> tuple[tuple[date, Period], ...]:
    """The days of a range, or its weeks, added up; also those in which nothing happened."""
    groups = grouped(
        tallies, wanted.span, lambda day: week_of(day, wanted.span) if wanted.weekly else day
    ).items()
    return tuple(
        (day, Period(f"{day.month}月{day.day}日{'起一周' if wanted.weekly else ''}", sum_up(each)))
        for day, each in groups
    )


def outcome_chart(found: Sequence[tuple[date, Period]], *, whole: bool, weekly: bool) -> Chart:
    """What came of the messages, stacked."""
    keys = (*QUESTIONS, "other") if whole else ("answered", "asked_back")
    points = [
        Point(
            _label(day),
            period.name,
            tuple(period.sums.count(key) for key in keys),
            f"{period.name}："
            + "，".join(f"{OUTCOME_NAMES[key]} {period.sums.count(key):,}" for key in keys),
        )
        for day, period in found
    ]
    by = "每周" if weekly else "每天"
    busiest = max(found, key=lambda each: each[1].sums.questions)[1]
    return stacked(
        "outcomes",
        f"{by}的消息和结果" if whole else f"{by}用到这些条目的提问",
        f"堆叠柱状图，{by}一根柱子，共 {len(points)} 根。"
        f"提问最多的是{busiest.name}，{busiest.sums.questions:,} 次。",
        [Series(key, OUTCOME_NAMES[key]) for key in keys],
        points,
    )


def time_chart(found: Sequence[tuple[date, Period]], *, weekly: bool) -> Chart:
    """How long answers took: median and 95th percentile."""
    points = []
    for day, period in found:
        values = (period.median, period.nearly_all)
        told = "，".join(
            f"{name}在 {duration(value)}以内"
            for name, value in zip(TIME_NAMES.values(), values, strict=True)
            if value is not None
        )
        points.append(Point(_label(day), period.name, values, f"{period.name}：{told or '没有提问'}"))
    by = "每周" if weekly else "每天"
    return lines(
        "times",
        f"{by}的回答用时",
        f"折线图，两条线：一半的回答、95% 的回答在多长时间以内。{by}一个点，共 {len(points)} 个。",
        [Series(key, name) for key, name in TIME_NAMES.items()],
        points,
        lambda milliseconds: f"{milliseconds / _A_SECOND:g} 秒" if milliseconds else "0",
    )


def rating_chart(found: Sequence[tuple[date, Period]], *, weekly: bool) -> Chart:
    """How often one entry was the answer, and what was said of it."""
    points = []
    for day, period in found:
        values = ratings(period.sums)
        told = "，".join(
            f"{name} {value:,}" for name, value in zip(RATING_NAMES.values(), values, strict=True)
        )
        points.append(Point(_label(day), period.name, values, f"{period.name}：{told}"))
    by = "每周" if weekly else "每天"
    return stacked(
        "ratings",
        f"{by}的命中和评价",
        f"堆叠柱状图，{by}一根柱子，共 {len(points)} 根：评价有用、评价没用和没有评价的次数。",
        [Series(key, name) for key, name in RATING_NAMES.items()],
        points,
    )


def ratings(sums: Sums) -> tuple[int, int, int]:
    """Useful, useless and unrated answers."""
    return sums.useful, sums.useless, max(0, sums.count("answered") - sums.rated)


def entry_rows(
    tallies: Sequence[DayTally], snapshot: Snapshot | None, *, worst_first: bool = False
) -> tuple[EntryRow, ...]:
    """The entries that were answers or choices, the most used first, or those with the most 没用."""
    last = last_days(tallies)
    rows = [
        EntryRow(
            each.entry,
            *_named(each.entry, snapshot),
            each.answered,
            each.asked_back,
            each.useful,
            each.useless,
            last.get(each.entry),
        )
        for each in entry_sums(tallies).values()
    ]
    if worst_first:
        rows = [row for row in rows if row.useless]
        return tuple(sorted(rows, key=lambda row: (-row.useless, row.useful_share or 0, row.id)))
    return tuple(sorted(rows, key=lambda row: (-row.answered, -row.asked_back, row.id)))


def _named(entry_id: str, snapshot: Snapshot | None) -> tuple[str, str]:
    entry = snapshot.entries.get(entry_id) if snapshot else None
    if snapshot is None or entry is None:
        return "", ""
    return entry.question, department_name(entry.department, snapshot)


def department_name(department: str, snapshot: Snapshot | None) -> str:
    """A department as staff call it."""
    found = snapshot.departments.get(department) if snapshot else None
    return (found.short_name or found.name) if found else department


def department_names(departments: Collection[str], snapshot: Snapshot | None) -> str:
    """Some departments in one line."""
    return "、".join(department_name(each, snapshot) for each in departments)


def percent(part: float | None) -> str:
    """A share: `83.2%`; a dash where there is nothing to share."""
    return "—" if part is None else f"{part * 100:.1f}%".replace("100.0", "100")


def duration(milliseconds: int | None) -> str:
    """A time: `40 毫秒`, `1.2 秒`; a dash where there is none."""
    if milliseconds is None:
        return "—"
    if milliseconds < _A_SECOND:
        return f"{milliseconds} 毫秒"
    return f"{milliseconds / _A_SECOND:,.1f} 秒".replace(".0 ", " ")


def _label(day: date) -> str:
    return f"{day.month}/{day.day}"
