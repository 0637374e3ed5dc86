"""Long replies: cut at a sentence, never inside a character, a link or a choice, and nothing lost.

All sizes are UTF-8 bytes of the rendered text, because the platform counts those: every cut is checked
against what would really be sent.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, assert_never

from messages import Channel, Choices, Links, Part, Taps, Text
from wechat.markup import TextPart, part_text

TEXT_LIMIT_BYTES: Final = 2000
"""The platform names no limit; in the field 2,047 bytes pass, more are refused or cut."""
MORE_LINE: Final = "（还有内容，回复“更多”继续看）"
_LEAST_LIMIT_BYTES: Final = 200
_GAP: Final = "\n\n"
_WORTHWHILE_BYTES: Final = 200
"""A text begins on a page that is partly full only when this much of it fits."""

_ADDRESS: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_ENDS: Final = (
    re.compile(r"\n+|[。！？!?…]+[”’）」』\"')\]]*\n*"),
    re.compile(r"[；;][”’）」』\"')\]]*"),
    re.compile(r"[，、,：:]|[ \t\u3000]+"),
)
"""Where a text may be cut, best first: lines and sentences, clauses, words."""
_LOOK_BACK_SHARE: Final = 0.5
"""A cut gives up at most half of the page for a better place."""
_CLUSTER_LIMIT: Final = 40
_ZERO_WIDTH_JOINER: Final = "\u200d"
_FLAG_LETTERS: Final = "".join(chr(code) for code in range(0x1F1E6, 0x1F200))


def is_text(part: Part) -> bool:
    """Whether a part becomes text."""
    return isinstance(part, Text | Links | Choices | Taps)


def run_text(run: Iterable[TextPart], channel: Channel) -> str:
    """The text of neighbouring parts: what is said, with a blank line between parts."""
    return _GAP.join(text for part in run if (text := part_text(part, channel)))


def runs(parts: Sequence[Part]) -> Iterator[tuple[TextPart, ...] | Part]:
    """Neighbouring text parts together, every other part by itself."""
    for textual, group in groupby(parts, key=is_text):
        if textual:
            yield tuple(part for part in group if isinstance(part, Text | Links | Choices | Taps))
        else:
            yield from group


def paginate(
    parts: Sequence[Part], channel: Channel, limit: int = TEXT_LIMIT_BYTES
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The first page, and what is left for “更多”.

    When something is left, the first page's last part is `MORE_LINE`. Every text message of the first page
    has at most `limit` bytes. A link that fits on no page is reduced to its title.
    """
    if limit < _LEAST_LIMIT_BYTES:
        raise ValueError(f"a page has at least {_LEAST_LIMIT_BYTES} bytes")
    more = Text(MORE_LINE)
    budget = limit - _size(_GAP + MORE_LINE)
    first: list[Part] = []
    left = deque(runs(parts))
    while left:
        run = left.popleft()
        if not isinstance(run, tuple):
            first.append(run)
        elif _size(run_text(run, channel)) <= limit:
            first.extend(run)
        else:
            head, tail = take_page(run, channel, budget)
            first.extend(head)
            if tail:
                return (*first, more), (*tail, *_flat(left))
    return tuple(first), ()


def take_page(
    run: Sequence[TextPart], channel: Channel, budget: int
) -> tuple[tuple[TextPart, ...], tuple[TextPart, ...]]:
    """As much of a run as fits in `budget` bytes, and the rest. The page is never empty unless the run is."""
    page: list[TextPart] = []
    used = 0
    queue = deque(run)
    while queue:
        part = queue.popleft()
        cost = _size(part_text(part, channel))
        gap = len(_GAP) if used and cost else 0
        if used + gap + cost <= budget:
            page.append(part)
            used += gap + cost
            continue
        room = budget - used - gap
        if used and ((cost <= budget and not isinstance(part, Text)) or room < _WORTHWHILE_BYTES):
            return tuple(page), (part, *queue)
        split = _split(part, channel, room)
        if split:
            return (*page, split[0]), (split[1], *queue)
        if used:
            return tuple(page), (part, *queue)
        queue.extendleft(reversed(_loosen(part)))
    return tuple(page), ()


def _split(part: TextPart, channel: Channel, room: int) -> tuple[TextPart, TextPart] | None:
    """Two parts that say the same, the first in at most `room` bytes; None when not even one item fits."""
    if isinstance(part, Text):
        place = _cut(part.content, channel, room)
        return (Text(part.content[:place]), Text(part.content[place:])) if place else None
    low, high = 0, min(_count(part) - 1, room)
    while low < high:
        middle = (low + high + 1) // 2
        if _size(part_text(_divide(part, middle)[0], channel)) <= room:
            low = middle
        else:
            high = middle - 1
    return _divide(part, low) if low > 0 else None


def _count(part: Links | Choices | Taps) -> int:
    match part:
        case Links(items):
            return len(items)
        case Choices(options=options):
            return len(options)
        case Taps(words=words):
            return len(words)
        case _:
            assert_never(part)


def _divide(part: Links | Choices | Taps, count: int) -> tuple[TextPart, TextPart]:
    match part:
        case Links(items, heading):
            return Links(items[:count], heading), Links(items[count:])
        case Choices(heading, options, footer):
            return Choices(heading, options[:count]), Choices("", options[count:], footer)
        case Taps(lead, words):
            return Taps(lead, words[:count]), Taps("", words[count:])
        case _:
            assert_never(part)


def _loosen(part: TextPart) -> tuple[TextPart, ...]:
    """Simpler parts in place of one whose first item fits on no page; in the end plain text."""
    match part:
        case Links(items, heading) if heading:
            return Text(heading), Links(items)
        case Choices(heading, options, footer) if heading:
            return Text(heading), Choices("", options, footer)
        case Taps(lead, words) if lead:
            return Text(lead), Taps("", words)
        case Links() | Choices() | Taps() if _count(part) > 1:
            return _divide(part, 1)
        case _:
            return _as_texts(part)


def _as_texts(part: TextPart) -> tuple[Text, ...]:
    match part:
        case Text():
            return (part,)
        case Links(items):
            return tuple(Text(item.title) for item in items)
        case Choices(options=options, footer=footer):
            return (*(Text(f"{each.number}. {each.label}") for each in options), Text(footer))
        case Taps(words=words):
            return tuple(Text(word) for word in words)
        case _:
            assert_never(part)


def _cut(content: str, channel: Channel, room: int) -> int:
    """Where to cut a text so that its beginning has at most `room` bytes; 0 when nothing fits."""
    low, high = 0, min(len(content), room)
    while low < high:
        middle = (low + high + 1) // 2
        if _size(part_text(Text(content[:middle]), channel)) <= room:
            low = middle
        else:
            high = middle - 1
    while low and _size(part_text(Text(content[:low]), channel)) > room:
        low -= 1
    if low in {0, len(content)}:
        return low
    return _outside_address(content, _outside_cluster(content, _best_place(content, low))) or low


def _best_place(content: str, most: int) -> int:
    """The last good place at or before `most`."""
    least = int(most * _LOOK_BACK_SHARE)
    addresses = [match.span() for match in _ADDRESS.finditer(content[: most + 1])]
    for pattern in _ENDS:
        places = [match.end() for match in pattern.finditer(content, least, most)]
        for place in reversed(places):
            if not any(start < place < end for start, end in addresses):
                return place
    return most


def _outside_address(content: str, place: int) -> int:
    """Before an address that the place would cut in two; 0 when the address begins the text."""
    for match in _ADDRESS.finditer(content):
        if match.start() < place < match.end():
            return match.start()
        if match.start() >= place:
            break
    return place


def _outside_cluster(content: str, place: int) -> int:
    """Not between a character and what belongs to it: accents, emoji joined or coloured, flags."""
    for candidate in range(place, max(place - _CLUSTER_LIMIT, 0), -1):
        if not _joined(content, candidate):
            return candidate
    return place


def _joined(content: str, place: int) -> bool:
    before, after = content[place - 1], content[place]
    if _ZERO_WIDTH_JOINER in {before, after}:
        return True
    if unicodedata.category(after) in {"Mn", "Me", "Mc"} or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f" or (before == "\r" and after == "\n"):
        return True
    if after not in _FLAG_LETTERS:
        return False
    flags = content[:place]  # a flag is two letters: only the length of the whole row tells pairs apart
    return (len(flags) - len(flags.rstrip(_FLAG_LETTERS))) % 2 == 1


def _size(text: str) -> int:
    return len(text.encode())


def _flat(groups: Iterable[tuple[TextPart, ...] | Part]) -> Iterator[Part]:
    for group in groups:
        if isinstance(group, tuple):
            yield from group
        else:
            yield group
