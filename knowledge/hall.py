"""The hall itself: name, hours, departments and categories. Nothing about one county stands in code."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.hours import Hours, hours_in_words


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the county, its window in the hall and its chief representative (首席代表)."""

    id: str
    name: str
    short_name: str = ""
    aliases: tuple[str, ...] = ()
    duties: str = ""
    """One sentence: what people come here for."""
    window: str = ""
    phone: str = ""
    representative: str = ""
    calendar: Hours | None = None
    """Hours of its own; None: as the hall."""


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the knowledge base."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Alias:
    """What people here call something, and its official name (`身份证丢了` → `补领居民身份证`)."""

    said: str
    name: str


@dataclass(frozen=True, slots=True)
class OwnText:
    """A sentence that this hall says in its own words; `handlers.texts` has the table of all keys."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Hall:
    """What a citizen must be told about the hall as a whole."""

    name: str
    """Such as `青禾县政务服务中心`."""
    address: str
    phone: str
    hours: str
    """In words, such as `周一至周五 8:30—12:00、14:30—17:30（法定节假日除外）`."""
    departments: tuple[Department, ...] = ()
    categories: tuple[Category, ...] = ()
    words: tuple[str, ...] = ()
    """Words of this place that must not be cut apart: names, matters, abbreviations. Kept by clerks."""
    aliases: tuple[Alias, ...] = ()
    """Colloquial names beside the built-in ones. Kept by clerks."""
    sensitive: tuple[str, ...] = ()
    """Words this hall doesn't discuss, beside the built-in ones. Kept by clerks."""
    texts: tuple[OwnText, ...] = ()
    """What this hall says in its own words; all else is said as built in."""
    answer_at: float | None = None
    """Confidence (0 to 1) from which this hall answers; None: as fitted. An entry may have its own."""
    ask_at: float | None = None
    """Confidence from which this hall asks back; None: as fitted."""
    sample: bool = False
    """Made-up data for trying the program; said so on every page."""
    notice: str = ""
    calendar: Hours | None = None
    """Opening hours to count with; None: read out of `hours`."""

    def hours_for(self, department: str = "") -> Hours:
        """When a department answers; its own hours go before the hall's."""
        own = next((each.calendar for each in self.departments if each.id == department), None)
        return own or self.calendar or hours_in_words(self.hours)
