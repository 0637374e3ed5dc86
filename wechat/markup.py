"""The only place that makes what WeChat reads as markup inside a text message: links and tappable words.

WeChat's clients read `<a href="…">` in any text they get. So text from entries, staff and citizens passes
`plain`, which leaves no `<a` in it, and only `anchor` makes one. XML is a later layer: `wechat.xmlio`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from messages import Channel, Choices, Links, Taps, Text

TextPart = Text | Links | Choices | Taps
"""The parts that become text; neighbours share one text message."""

_NOT_TEXT: Final = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow (control characters, lone surrogates, U+FFFE, U+FFFF), and the C1 controls."""
_TAG_START: Final = re.compile(r"<(?=\s*(?:[aA/]|$))")
"""A `<` that a lenient reader could take for the start of `<a` or `</a`, also across a joint of two texts."""
_HREF_SAFE: Final = "%/:?#[]@!$&()*+,;=~-._"
_TAP_ADDRESS: Final = "weixin://bizmsgmenu?msgmenucontent={content}&msgmenuid={id}"
"""Undocumented but widely used: the tap arrives as text `content` with `bizmsgmenuid`."""
_LABELS_LIMIT_BYTES: Final = 1500
"""Choices longer than this say their number when tapped, not their label (a 汉字 has 9 bytes there)."""
TAPS_MENU_ID: Final = "0"
"""`bizmsgmenuid` of the words of `Taps`; choices have their number, from 1."""


def clean_text(text: str) -> str:
    """Text that is valid in XML, JSON and UTF-8: no control characters, no lone surrogates, no CR."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: str) -> str:
    """Text of any origin, with nothing in it that a client takes for a link."""
    return _TAG_START.sub("＜", clean_text(text))


def safe_href(url: str) -> str | None:
    """The address, ready to stand in `href="…"`; None when it is not a plain web address."""
    if clean_text(url) != url or re.search(r"\s", url):
        return None
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:
        return None
    if split.scheme not in {"http", "https"} or not host or not host.isascii() or "@" in split.netloc:
        return None
    return quote(url, safe=_HREF_SAFE) if port != 0 else None


def anchor(title: str, href: str) -> str:
    """A link; `href` must come from `safe_href` or `_tap`."""
    words = " ".join(clean_text(title).split()).replace("<", "＜").replace(">", "＞")
    return f'<a href="{href}">{words}</a>' if words else ""


def part_text(part: TextPart, channel: Channel) -> str:
    """The text of a message for one part; empty when the part says nothing."""
    match part:
        case Text(content):
            text = plain(content)
            return text if text.strip() else ""
        case Links(items, heading):
            return _lines(plain(heading), *(_link(item.title, item.url) for item in items))
        case Choices():
            return _choices(part, channel)
        case Taps(lead, words):
            return _taps(plain(lead), words, channel)


def _link(title: str, url: str) -> str:
    href = safe_href(url)
    return anchor(title or url, href) if href else plain(title)


def _tap(label: str, content: str, menu_id: str) -> str:
    return anchor(label, _TAP_ADDRESS.format(content=quote(clean_text(content), safe=""), id=menu_id))


def _choices(part: Choices, channel: Channel) -> str:
    if channel == "official":
        text = _choice_lines(part, [_tap(each.label, each.label, str(each.number)) for each in part.options])
        if len(text.encode()) <= _LABELS_LIMIT_BYTES:
            return text
        return _choice_lines(
            part, [_tap(each.label, str(each.number), str(each.number)) for each in part.options]
        )
    return _choice_lines(part, [plain(each.label) for each in part.options])


def _choice_lines(part: Choices, labels: list[str]) -> str:
    numbered = (f"{option.number}. {label}" for option, label in zip(part.options, labels, strict=True))
    return _lines(plain(part.heading), *numbered, plain(part.footer))


def _taps(lead: str, words: tuple[str, ...], channel: Channel) -> str:
    if channel == "official":
        line = " · ".join(_tap(word, word, TAPS_MENU_ID) for word in words)
    else:
        line = "回复" + "或".join(f"“{plain(word)}”" for word in words) if words else ""
    return f"{lead} {line}" if lead and line else lead or line


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line.strip())
