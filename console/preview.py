"""What WeChat will show of an entry or another reply, exactly: the messages, with their bytes counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from handlers.conversation import State
from handlers.question import entry_parts, offer_of
from knowledge.entries import Entry
from knowledge.snapshot import Snapshot
from messages import Part
from rendering.markup import Run, runs_of
from wechat.render import TEXT_LIMIT_BYTES, TextMessage, paginate, wire_messages

_MOST_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it arrives on the phone."""

    runs: tuple[Run, ...]
    size: int
    """UTF-8 bytes of the content, markup included: what the platform counts."""
    on_demand: bool
    """Whether the citizen has to ask for it with “更多”."""


@dataclass(frozen=True, slots=True)
class Preview:
    """All that is said for an entry."""

    shown: tuple[Shown, ...]
    limit: int = TEXT_LIMIT_BYTES

    @property
    def too_long(self) -> bool:
        """Whether the answer does not fit into one message."""
        return any(each.on_demand for each in self.shown)


def preview_of(entry: Entry, snapshot: Snapshot, public_url: str) -> Preview:
    """Render an entry the way the chat does."""
    guide = snapshot.guide(entry.guide)
    _, offer = offer_of(State(), guide)
    department = snapshot.departments.get(entry.department)
    return shown_of(entry_parts(entry, department, guide, public_url, offer))


def shown_of(parts: tuple[Part, ...]) -> Preview:
    """Render parts of a reply the way the chat does."""
    shown: list[Shown] = []
    rest = parts
    for page in range(_MOST_PAGES):
        first, rest = paginate(rest, "official")
        for message in wire_messages(first, "official"):
            if isinstance(message, TextMessage):
                size = len(message.content.encode())
                shown.append(Shown(runs_of(message.content), size, on_demand=page > 0))
        if not rest:
            break
    return Preview(tuple(shown))
