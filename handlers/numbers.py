"""Numbers of the conversation: one tally a day, what it is added up to, and the store that keeps it.

A day (in Beijing) is counted once it is over; its tally holds no text and no person, so it stays when the
turns themselves are deleted. A day that is not settled yet is counted when somebody looks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

from knowledge.entries import BEIJING

QUESTIONS: Final = ("answered", "asked_back", "not_answered", "handed_over")
"""Outcomes of a message that wanted to know something. The rest: greetings, ratings, pictures and so on."""
NO_MESSAGE: Final = "event"
"""Outcome of what nobody wrote: somebody followed, scanned or left."""
KEEP_YEARS: Final = 3
SETTLED_AFTER: Final = timedelta(hours=1)
"""A day is counted for good this long after its end: an answer can be rated for half an hour."""
SLOW_MS: Final = 4000
"""From here a reply to an official account is late (WeChat gives up after five seconds)."""


@dataclass(frozen=True, slots=True)
class EntryCount:
    """What happened to one entry."""

    entry: str
    answered: int = 0
    asked_back: int = 0
    """How often it stood first among the choices."""
    useful: int = 0
    useless: int = 0

    def __add__(self, other: EntryCount) -> EntryCount:
        """Both together, under this one's name."""
        return EntryCount(
            self.entry,
            self.answered + other.answered,
            self.asked_back + other.asked_back,
            self.useful + other.useful,
            self.useless + other.useless,
        )

    @property
    def rated(self) -> int:
        """How many citizens said whether it helped."""
        return self.useful + self.useless


@dataclass(frozen=True, slots=True)
class HandoffCount:
    """How many hand-offs were opened for one reason, by presumed department (empty: unknown)."""

    reason: str
    department: str
    count: int


@dataclass(frozen=True, slots=True)
class DayTally:
    """What one day in Beijing came to."""

    day: date
    outcomes: Mapping[str, int] = field(default_factory=dict)
    times: tuple[tuple[int, int], ...] = ()
    """(milliseconds from a question's arrival to its answer, how many), to two significant digits."""
    useful: int = 0
    useless: int = 0
    entries: tuple[EntryCount, ...] = ()
    handoffs: tuple[HandoffCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days in Beijing, both ends included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Span:
        """As many days right before."""
        return Span(self.first - timedelta(days=self.length), self.first - timedelta(days=1))

    def days(self) -> tuple[date, ...]:
        """Each day, the first one first."""
        return tuple(self.first + timedelta(days=number) for number in range(self.length))


@dataclass(frozen=True, slots=True)
class Sums:
    """Some days added up."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    """By `QUESTIONS`, and `other`."""
    times: tuple[tuple[int, int], ...] = ()
    useful: int = 0
    useless: int = 0
    handoffs: int = 0

    @property
    def questions(self) -> int:
        """How many messages wanted to know something."""
        return sum(self.outcomes.get(outcome, 0) for outcome in QUESTIONS)

    @property
    def rated(self) -> int:
        """How many answers were rated."""
        return self.useful + self.useless

    def count(self, outcome: str) -> int:
        """How many messages came to this."""
        return self.outcomes.get(outcome, 0)

    def share(self, outcome: str) -> float | None:
        """Which part of the questions came to this; None when there were none."""
        return self.count(outcome) / self.questions if self.questions else None

    @property
    def useful_share(self) -> float | None:
        """Which part of the rated answers helped; None when none was rated."""
        return self.useful / self.rated if self.rated else None

    @property
    def slow_share(self) -> float | None:
        """Which part of the answers came late; None when there were none."""
        total = sum(count for _, count in self.times)
        return sum(count for each, count in self.times if each >= SLOW_MS) / total if total else None


class NumbersStore(Protocol):
    """Counts the turns and hand-offs of each day, and keeps the tallies for `KEEP_YEARS`."""

    async def days(self, span: Span, *, entry: str | None = None) -> tuple[DayTally, ...]:
        """Give the days in which something was counted, in order; of one entry alone when it is named."""

    async def totals(self, span: Span) -> tuple[DayTally, ...]:
        """Give the same days without their entries, which are most of a tally: quicker."""

    async def last_answer(self, entry: str) -> datetime | None:
        """When an entry was the answer for the last time, as far back as turns are kept."""

    async def settle(self, now: datetime, *, most: int) -> int:
        """Count up to `most` days that are over and not counted yet; returns how many it did."""


def bounds(day: date) -> tuple[datetime, datetime]:
    """First moment of a day in Beijing, and of the next."""
    return (
        datetime.combine(day, time(), BEIJING),
        datetime.combine(day + timedelta(days=1), time(), BEIJING),
    )


def day_of(moment: datetime) -> date:
    """The day it is in Beijing."""
    return moment.astimezone(BEIJING).date()


def last_over(now: datetime) -> date:
    """The newest day that can be settled."""
    return day_of(now - SETTLED_AFTER) - timedelta(days=1)


def narrowed(tally: DayTally, entries: Collection[str], departments: Collection[str]) -> DayTally:
    """What of a day belongs to some departments.

    A question that found no entry belongs to none, and response times are the whole hall's.
    """
    mine = tuple(each for each in tally.entries if each.entry in entries)
    outcomes = {
        "answered": sum(each.answered for each in mine),
        "asked_back": sum(each.asked_back for each in mine),
    }
    handoffs = tuple(each for each in tally.handoffs if each.department in departments)
    useful, useless = sum(each.useful for each in mine), sum(each.useless for each in mine)
    return DayTally(tally.day, outcomes, (), useful, useless, mine, handoffs)


def sum_up(tallies: Iterable[DayTally]) -> Sums:
    """Add days up."""
    outcomes: Counter[str] = Counter()
    times: Counter[int] = Counter()
    useful = useless = handoffs = 0
    for tally in tallies:
        for outcome, count in tally.outcomes.items():
            if outcome != NO_MESSAGE:
                outcomes[outcome if outcome in QUESTIONS else "other"] += count
        for milliseconds, count in tally.times:
            times[milliseconds] += count
        useful += tally.useful
        useless += tally.useless
        handoffs += sum(each.count for each in tally.handoffs)
    return Sums(dict(outcomes), tuple(sorted(times.items())), useful, useless, handoffs)


def grouped(
    tallies: Iterable[DayTally], span: Span, first_of: Callable[[date], date]
) -> dict[date, tuple[DayTally, ...]]:
    """The tallies of a span by groups of days, also the empty ones; `first_of` names a day's group."""
    found: dict[date, list[DayTally]] = {first_of(day): [] for day in span.days()}
    for tally in tallies:
        found[first_of(tally.day)].append(tally)
    return {day: tuple(each) for day, each in found.items()}


def entry_sums(tallies: Iterable[DayTally]) -> dict[str, EntryCount]:
    """Each entry's counts over some days."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for tally in tallies:
        for each in tally.entries:
            sums = found[each.entry]
            sums[0] += each.answered
            sums[1] += each.asked_back
            sums[2] += each.useful
            sums[3] += each.useless
    return {entry: EntryCount(entry, *sums) for entry, sums in found.items()}


def last_days(tallies: Iterable[DayTally]) -> dict[str, date]:
    """On which day each entry was the answer for the last time."""
    found: dict[str, date] = {}
    for tally in tallies:
        for each in tally.entries:
            if each.answered and (each.entry not in found or found[each.entry] < tally.day):
                found[each.entry] = tally.day
    return found


def handoff_reasons(tallies: Iterable[DayTally]) -> dict[str, int]:
    """Hand-offs by reason, the most frequent first."""
    found: Counter[str] = Counter()
    for tally in tallies:
        for each in tally.handoffs:
            found[each.reason] += each.count
    return dict(found.most_common())


def quantile(times: Iterable[tuple[int, int]], part: float) -> int | None:
    """The time within which this part of the answers came, in milliseconds; None when there were none."""
    ordered = sorted(times)
    total = sum(count for _, count in ordered)
    seen = 0
    for milliseconds, count in ordered:
        seen += count
        if seen >= part * total:
            return milliseconds
    return None


def rounded(milliseconds: int) -> int:
    """Two significant digits: what times are counted by, so that a day has a few hundred of them at most."""
    step = 1
    while milliseconds >= 100 * step:
        step *= 10
    return max(0, milliseconds) // step * step
