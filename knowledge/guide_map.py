"""A guide with scenes drawn as the hall's 思维导图: what everybody needs, then question by question. Pure.

The picture is made from the list, not kept beside it. Everything is stacked from top to bottom, so nothing
can overlap; widths are counted in Chinese characters, so lines break where a Chinese reader expects it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import Final

from knowledge.conditions import AllOf, AnyOf, Condition, NoneOf, Value, holds, leaves
from knowledge.guide_scenes import branches
from knowledge.guide_words import who_for
from knowledge.guides import Guide, Material, Question, Variant, plain_step

COLOURS: Final = ("#1456b8", "#0f766e", "#9a3412", "#6b21a8", "#166534", "#9d174d", "#3f3f46", "#854d0e")
"""One for each question, all dark enough for their words on white."""
INK, QUIET, LINE = "#1f2329", "#565e69", "#c9d1dc"
TITLE, ASK, CHOICE, TEXT = 21, 17, 16, 15
"""Sizes of type, in the units of the picture."""
LEADING: Final = 1.45
PAD: Final = 10
GAP: Final = 14
COLUMNS: Final = ((0, 150), (186, 186), (404, 190), (622, 478))
"""Left edge and width: the matter, the questions, the answers, what they mean."""
WIDTH: Final = 1100
FOR_ALL: Final = "每个人都要"
NOTHING_MORE: Final = "没有别的要求"
_NARROW: Final = 0.58
_BETWEEN: Final = 0.17
"""Width of a Latin letter or digit, and of the gap between it and a Chinese character, in such characters."""
_ORPHAN: Final = 4
"""A last line shorter than this looks lost; the lines above give it something."""
_PIECE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-—:/]*|.", re.DOTALL)
_NOT_FIRST: Final = frozenset("，。、；：？！）》」』”’…—,.;:?!)%")
_NOT_LAST: Final = frozenset("（《「『“‘(")


@dataclass(frozen=True, slots=True)
class _Row:
    """An answer and what it means."""

    label: tuple[str, ...]
    means: tuple[str, ...]

    @property
    def height(self) -> float:
        return max(len(self.label) * CHOICE * LEADING + 2 * PAD, len(self.means) * TEXT * LEADING + PAD)


@dataclass(frozen=True, slots=True)
class _Block:
    """A question with its answers."""

    lines: tuple[str, ...]
    note: tuple[str, ...]
    rows: tuple[_Row, ...]
    colour: str

    @property
    def own_height(self) -> float:
        return len(self.lines) * ASK * LEADING + len(self.note) * TEXT * LEADING + 2 * PAD

    @property
    def height(self) -> float:
        rows = sum(row.height for row in self.rows) + GAP * (len(self.rows) - 1)
        return max(rows, self.own_height)


def draw(guide: Guide) -> str:
    """The picture as SVG, without styles or scripts; every text in it is escaped."""
    blocks = [_for_all(guide), *(_asked(guide, place) for place in range(len(guide.questions)))]
    title = balanced(guide.title, COLUMNS[0][1] - 2 * PAD, TITLE)
    least = len(title) * TITLE * LEADING + 2 * PAD
    height = max(sum(block.height for block in blocks) + 2 * GAP * (len(blocks) - 1), least)
    parts = [*_root(title, height)]
    top = (height - sum(block.height for block in blocks) - 2 * GAP * (len(blocks) - 1)) / 2
    for block in blocks:
        parts += _draw_block(block, top, height / 2)
        top += block.height + 2 * GAP
    size = f'viewBox="-6 -6 {WIDTH + 12} {height + 12:.0f}" width="{WIDTH + 12}" height="{height + 12:.0f}"'
    family = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} class="map" role="img" font-family="{family}">'
        f"<title>{escape(guide.title)}：情景图</title>{''.join(parts)}</svg>"
    )


@lru_cache(maxsize=8192)
def wrap(text: str, width: float, size: float) -> tuple[str, ...]:
    """Lines of at most `width`; numbers and words whole, no punctuation at the wrong end of a line.

    A row of closing marks that fits nowhere hangs over the edge rather than begin a line.
    """
    most = width / size
    lines: list[str] = []
    line: list[str] = []
    for piece in _PIECE.findall(" ".join(text.split())):
        if line and em("".join((*line, piece))) > most:
            place = _break(line, piece)
            if place:
                lines, line = [*lines, "".join(line[:place]).rstrip()], line[place:]
        if line or not piece.isspace():
            line.append(piece)
    return (*lines, "".join(line).rstrip()) if line else tuple(lines)


def _break(line: list[str], piece: str) -> int:
    """Before which piece of a full line the next line begins; 0: nowhere."""
    place = len(line)
    following = piece
    while place and (following in _NOT_FIRST or line[place - 1] in _NOT_LAST):
        place -= 1
        following = line[place]
    return place


@lru_cache(maxsize=8192)
def balanced(text: str, width: float, size: float) -> tuple[str, ...]:
    """The same number of lines, as narrow as they can be: no single character left over for the last."""
    lines = wrap(text, width, size)
    narrower = width
    while len(lines) > 1 and narrower > 2 * size:
        narrower -= size / 2
        closer = wrap(text, narrower, size)
        if len(closer) > len(lines):
            break
        lines = closer
    return lines


def em(text: str) -> float:
    """Width of a text in Chinese characters."""
    gaps = sum(a.isascii() != b.isascii() and not (a + b).isspace() for a, b in pairwise(text))
    return sum(_NARROW if character.isascii() else 1.0 for character in text) + gaps * _BETWEEN


def _for_all(guide: Guide) -> _Block:
    def general(name: str, field: str) -> str:
        return f"{name}（一般）" if any(getattr(each, field) for each in guide.variants) else name

    rows = {
        "要带": [_brought(each) for each in guide.materials if each.when is None],
        "要办": [each.text for each in map(plain_step, guide.steps) if each.when is None],
        general("地点", "place"): [guide.place],
        general("时间", "hours"): [guide.hours],
        general("收费", "fee"): [guide.fee],
        general("时限", "promised_limit"): [guide.promised_limit],
    }
    return _Block(
        wrap(FOR_ALL, COLUMNS[1][1] - 2 * PAD, ASK),
        (),
        tuple(_row(label, [each for each in texts if each]) for label, texts in rows.items() if any(texts)),
        INK,
    )


def _asked(guide: Guide, place: int) -> _Block:
    question = guide.questions[place]
    width = COLUMNS[1][1] - 2 * PAD
    note = wrap(f"答“{who_for(guide, question.when)}”才问", width, TEXT) if question.when else ()
    rows = tuple(
        _row(label, list(_meant(guide, question, value))) for label, value in _answers(guide, question)
    )
    lines = balanced(f"{place + 1}. {question.text}", width, ASK)
    return _Block(lines, note, rows, COLOURS[place % len(COLOURS)])


def _answers(guide: Guide, question: Question) -> Iterator[tuple[str, Value]]:
    """The answers that get a line of their own; of several choices each one, not each combination."""
    if question.kind == "several":
        yield from ((each.label, (each.value,)) for each in question.options)
        if question.none:
            yield question.none, ()
    else:
        yield from ((each.label, each.value) for each in branches(guide, question))


def _row(label: str, means: Sequence[str]) -> _Row:
    wide, text = COLUMNS[2][1] - 2 * PAD, COLUMNS[3][1] - TEXT
    lines = [line for each in means for line in _item(each, text)]
    return _Row(balanced(label, wide, CHOICE), tuple(lines) or (f"　{NOTHING_MORE}",))


def _item(text: str, width: float) -> Iterator[str]:
    """The lines of one thing, the first with a dot, the others set in."""
    lines = wrap(text, width - TEXT, TEXT)
    if lines and em(lines[-1]) < _ORPHAN:
        lines = balanced(text, width - TEXT, TEXT)
    for number, line in enumerate(lines):
        yield f"{'　' if number else '·'}{'' if number else ' '}{line}"


def _meant(guide: Guide, question: Question, value: Value) -> Iterator[str]:
    """What an answer brings with it: each thing stands at the last question that it depends on."""
    for condition, text in _things(guide):
        if _last(guide, condition) == question.id:
            rest = _rest(condition, question.id, value)
            if rest is not False:
                yield text if rest is True else f"{text}（{_only(who_for(guide, rest))}）"


def _only(who: str) -> str:
    return who if who.startswith("除") else f"仅{who}"


def _things(guide: Guide) -> Iterator[tuple[Condition, str]]:
    for variant in guide.variants:
        yield from ((variant.when, text) for text in _different(variant))
    yield from ((each.when, f"带{_brought(each)}") for each in guide.materials if each.when is not None)
    steps = (plain_step(each) for each in guide.steps)
    yield from ((each.when, each.text) for each in steps if each.when is not None)


def _different(variant: Variant) -> Iterator[str]:
    if variant.verdict:
        yield variant.verdict + ("（到此为止）" if variant.ends else "")
    named = {
        "地点": variant.place,
        "时间": variant.hours,
        "收费": variant.fee,
        "时限": variant.promised_limit,
    }
    yield from (f"{name}：{text}" for name, text in named.items() if text)


def _brought(material: Material) -> str:
    how = material.form + (f" {material.copies} 份" if material.copies > 1 else "")
    return f"{material.name}（{how}）"


def _last(guide: Guide, condition: Condition) -> str:
    order = {question.id: place for place, question in enumerate(guide.questions)}
    return max(
        (leaf.question for leaf in leaves(condition)), key=lambda name: order.get(name, -1), default=""
    )


def _rest(condition: Condition, question: str, value: Value) -> Condition | bool:
    """What is left of a condition when one answer is known: it holds, it does not, or it hangs on others."""
    match condition:
        case AllOf(parts):
            left = [_rest(each, question, value) for each in parts]
            return False if False in left else _joined(left, AllOf)
        case AnyOf(parts):
            left = [_rest(each, question, value) for each in parts]
            return True if True in left else _joined(left, AnyOf, empty=False)
        case NoneOf(parts):
            left = [_rest(each, question, value) for each in parts]
            open_parts = tuple(each for each in left if not isinstance(each, bool))
            return False if True in left else (NoneOf(open_parts) if open_parts else True)
        case _:
            return holds(condition, {question: value}) if condition.question == question else condition


def _joined(
    left: Sequence[Condition | bool], kind: type[AllOf | AnyOf], *, empty: bool = True
) -> Condition | bool:
    open_parts = tuple(each for each in left if not isinstance(each, bool))
    if len(open_parts) == 1:
        return open_parts[0]
    return kind(open_parts) if open_parts else empty


def _root(title: tuple[str, ...], height: float) -> Iterator[str]:
    left, width = COLUMNS[0]
    tall = len(title) * TITLE * LEADING + 2 * PAD
    top = (height - tall) / 2
    yield f'<rect x="{left}" y="{top:.1f}" width="{width}" height="{tall:.1f}" rx="8" fill="{COLOURS[0]}"/>'
    yield _text(title, left + width / 2, top + PAD, TITLE, "#ffffff", bold=True, centred=True)


def _draw_block(block: _Block, top: float, root: float) -> Iterator[str]:
    left, width = COLUMNS[1]
    middle = top + block.height / 2
    begin = middle - block.own_height / 2
    yield _bend(sum(COLUMNS[0]), root, left, middle, block.colour)
    yield (
        f'<rect x="{left}" y="{begin:.1f}" width="{width}" height="{block.own_height:.1f}" rx="8"'
        f' fill="#ffffff" stroke="{block.colour}" stroke-width="2"/>'
    )
    yield _text(block.lines, left + PAD, begin + PAD, ASK, block.colour, bold=True)
    if block.note:
        below = begin + PAD + len(block.lines) * ASK * LEADING
        yield _text(block.note, left + PAD, below, TEXT, QUIET)
    rows = sum(row.height for row in block.rows) + GAP * (len(block.rows) - 1)
    at = top + (block.height - rows) / 2
    for row in block.rows:
        yield from _draw_row(row, at, block.colour, middle)
        at += row.height + GAP


def _draw_row(row: _Row, top: float, colour: str, asked: float) -> Iterator[str]:
    left, width = COLUMNS[2]
    middle = top + row.height / 2
    tall = len(row.label) * CHOICE * LEADING + PAD
    yield _bend(sum(COLUMNS[1]), asked, left, middle, colour)
    yield (
        f'<rect x="{left}" y="{middle - tall / 2:.1f}" width="{width}" height="{tall:.1f}" rx="6"'
        f' fill="{colour}" fill-opacity="0.09"/>'
    )
    yield _text(row.label, left + PAD, middle - tall / 2 + PAD / 2, CHOICE, INK, bold=True)
    means, edge = COLUMNS[3][0], sum(COLUMNS[2])
    yield f'<path d="M{edge} {middle:.1f}H{means - PAD}" stroke="{LINE}" stroke-width="1.5" fill="none"/>'
    long = len(row.means) * TEXT * LEADING
    yield (
        f'<path d="M{means - PAD} {middle - long / 2:.1f}V{middle + long / 2:.1f}" stroke="{LINE}"'
        ' stroke-width="1.5" fill="none"/>'
    )
    quiet = QUIET if row.means == (f"　{NOTHING_MORE}",) else INK
    yield _text(row.means, means, middle - long / 2, TEXT, quiet)


def _bend(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    half = (x + to_x) / 2
    return (
        f'<path d="M{x} {y:.1f}C{half} {y:.1f} {half} {to_y:.1f} {to_x} {to_y:.1f}" fill="none"'
        f' stroke="{colour}" stroke-width="1.5"/>'
    )


def _text(
    lines: Sequence[str],
    x: float,
    top: float,
    size: int,
    colour: str,
    *,
    bold: bool = False,
    centred: bool = False,
) -> str:
    first, step = top + 0.5 * size * LEADING + 0.36 * size, size * LEADING
    spans = "".join(
        f'<tspan x="{x:g}" y="{first + number * step:.1f}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    weight = ' font-weight="600"' if bold else ""
    anchor = ' text-anchor="middle"' if centred else ""
    return f'<text font-size="{size}" fill="{colour}"{weight}{anchor}>{spans}</text>'
