"""Where the bars and lines of a chart stand; `charts.html` draws them as SVG.

Across, everything is in per cent of the width, so that one picture fits a desk and a phone and its letters
keep their size. Upright it is in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final

TOP: Final = 12.0
PLOT: Final = 176.0
"""Height of the field in which values stand."""
BOTTOM: Final = TOP + PLOT
HEIGHT: Final = BOTTOM + 26
_STEPS: Final = 4
_BAR_PART: Final = 0.68
"""How much of its place a bar takes."""
_MOST_LABELS: Final = 12
_MOST_LABELS_ON_A_PHONE: Final = 5
FEW: Final = 8
"""With fewer bars than this a chart is drawn narrower, or they would be beams."""


@dataclass(frozen=True, slots=True)
class Series:
    """One of the things that a chart tells apart."""

    key: str
    """Its pattern and colour in `charts.css`."""
    name: str


@dataclass(frozen=True, slots=True)
class Point:
    """One place along the chart: a day or a week, and the value of each series there."""

    label: str
    """What stands below it: `11/23`."""
    name: str
    """What it is called: `11月23日`."""
    values: tuple[int | None, ...]
    told: str
    """What a hover says, and what the table says of it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across with its value, or a label below with its place."""

    at: float
    text: str
    phone: bool = True
    """Whether a phone has room for it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stacked bar."""

    key: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A stacked bar."""

    x: float
    width: float
    pieces: tuple[Piece, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A value on a line."""

    key: str
    x: float
    y: float
    told: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A piece of a line between two values."""

    key: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, ready to be drawn."""

    id: str
    title: str
    description: str
    series: tuple[Series, ...]
    rows: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    spots: tuple[Spot, ...] = ()
    few: bool = False


def stacked(
    name: str, title: str, description: str, series: Sequence[Series], points: Sequence[Point]
) -> Chart:
    """Bars that stand on each other, the first series at the bottom."""
    top = _top(max((sum(value or 0 for value in point.values) for point in points), default=0))
    place = 100 / max(len(points), 1)
    bars = tuple(
        Bar(
            _short((number + (1 - _BAR_PART) / 2) * place),
            _short(_BAR_PART * place),
            _pieces(series, point, top),
            point.told,
        )
        for number, point in enumerate(points)
    )
    return Chart(
        name,
        title,
        description,
        tuple(series),
        _rows(top, lambda value: f"{value:,}"),
        _labels(points),
        bars=bars,
        few=len(points) < FEW,
    )


def lines(
    name: str,
    title: str,
    description: str,
    series: Sequence[Series],
    points: Sequence[Point],
    say: Callable[[int], str],
) -> Chart:
    """One line for each series; where a value is missing the line is broken."""
    top = _top(max((value or 0 for point in points for value in point.values), default=0))
    strokes: list[Stroke] = []
    spots: list[Spot] = []
    for number, each in enumerate(series):
        places = [
            Spot(each.key, _middle(index, len(points)), _height(value, top), point.told)
            if (value := point.values[number]) is not None
            else None
            for index, point in enumerate(points)
        ]
        spots += [spot for spot in places if spot is not None]
        strokes += [
            Stroke(each.key, one.x, one.y, two.x, two.y) for one, two in pairwise(places) if one and two
        ]
    return Chart(
        name,
        title,
        description,
        tuple(series),
        _rows(top, say),
        _labels(points),
        strokes=tuple(strokes),
        spots=tuple(spots),
        few=len(points) < FEW,
    )


def _pieces(series: Sequence[Series], point: Point, top: int) -> tuple[Piece, ...]:
    found: list[Piece] = []
    below = 0
    for each, value in zip(series, point.values, strict=True):
        if value:
            y = _height(below + value, top)
            found.append(Piece(each.key, y, _short(_height(below, top) - y)))
            below += value
    return tuple(found)


def _height(value: int, top: int) -> float:
    return _short(TOP + (1 - value / top) * PLOT)


def _middle(index: int, count: int) -> float:
    return _short((index + 0.5) * 100 / count)


def _short(value: float) -> float:
    return round(value, 2)


def _top(most: int) -> int:
    """The value at the upper edge: `_STEPS` steps of 1, 2 or 5 with noughts."""
    step = 1
    while step * _STEPS < most:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step * _STEPS


def _rows(top: int, say: Callable[[int], str]) -> tuple[Tick, ...]:
    values = [top * number // _STEPS for number in range(_STEPS + 1)]
    return tuple(Tick(_height(value, top), say(value)) for value in values)


def _labels(points: Sequence[Point]) -> tuple[Tick, ...]:
    """As many labels as there is room for, evenly."""
    count = len(points)
    step = ceil(count / _MOST_LABELS) or 1
    on_a_phone = step * (ceil(count / step / _MOST_LABELS_ON_A_PHONE) or 1)
    return tuple(
        Tick(_middle(index, count), points[index].label, index % on_a_phone == 0)
        for index in range(0, count, step)
    )
