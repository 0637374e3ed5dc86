"""What a WeChat text may hold beside words: `<a>` links and tappable choices, read into runs. Pure.

The simulator's browser side gets these runs as JSON and makes text nodes of them, so that nothing in an
answer can become markup there. Whatever is no well-formed link stays the text that it is, as in WeChat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from rendering.templating import safe_url

_ANCHOR: Final = re.compile(r"<a\s+([^<>]*)>([^<]*)</a>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-z][a-z-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_MENU: Final = "weixin://bizmsgmenu"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text: plain, a link (`href`), or a tap that says `tap` (`menu_id` goes with it)."""

    text: str
    href: str = ""
    tap: str = ""
    menu_id: str = ""


def runs_of(content: str) -> tuple[Run, ...]:
    """Read the content of a text message. Joined, the texts of the runs are what a citizen sees."""
    return tuple(_runs(content))


def _runs(content: str) -> Iterator[Run]:
    end = 0
    for found in _ANCHOR.finditer(content):
        if found.start() > end:
            yield Run(content[end : found.start()])
        yield _anchor(found.group(1), found.group(2))
        end = found.end()
    if end < len(content):
        yield Run(content[end:])


def _anchor(attributes: str, label: str) -> Run:
    found = _ATTRIBUTE.findall(attributes)
    values = {name.lower(): double or single for name, double, single in found}
    href = values.get("href", "")
    address, _, tail = href.partition("?")
    if address == _MENU:
        query = parse_qs(tail, keep_blank_values=True)
        said = query.get("msgmenucontent", [""])[0] or label
        return Run(label, tap=said, menu_id=query.get("msgmenuid", [""])[0])
    return Run(label, href=safe_url(href))
