"""A Jinja2 environment for web pages: escaping is on, a missing value is a mistake, no inline script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from wechat.markup import safe_href

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")

Context = dict[str, Any]
"""What a template is given."""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_SPAN: Final = re.compile(r"(?<=[0-9])[—–-](?=[0-9])")
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def beijing_date(moment: datetime) -> date:
    """The day it is in Beijing at an aware moment: what validity is counted in."""
    return moment.astimezone(BEIJING).date()


def beijing_time(moment: datetime) -> str:
    """A moment as staff read it: `2026-11-23 16:05`, Beijing time."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def chinese_date(day: date) -> str:
    """A date as citizens read it: `2026年11月23日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def safe_url(url: str) -> str:
    """The address when a page may link to it, else an empty text: the same rule as for links in the chat.

    The knowledge base demands https; this is the last guard, should a stored entry say otherwise.
    """
    return safe_href(url) or ""


def unbroken(text: str) -> str:
    """The text with word joiners in its spans, so that `8:30—12:00` stays on one line."""
    return _SPAN.sub("\u2060\\g<0>\u2060", text)


def phone_url(phone: str) -> str:
    """A `tel:` address out of a phone number as people write it."""
    return "tel:" + "".join(sign for sign in phone if sign.isascii() and (sign.isdigit() or sign == "+"))


def paragraphs(text: str) -> list[str]:
    """The lines of a plain text that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def segment(text: str) -> str:
    """A text as one segment of a path; Jinja's `urlencode` leaves slashes alone."""
    return quote(text, safe="")


def page_url(path: str, *segments: str, large: bool = False, **query: object) -> str:
    """An address on this site; `large` keeps the large type, empty query values are left out."""
    tail = "".join("/" + segment(each) for each in segments)
    values = {name: str(value) for name, value in query.items() if value}
    if large:
        values["large"] = "1"
    return path + tail + ("?" + urlencode(values) if values else "")


def environment(templates: Path) -> Environment:
    """Make an environment over a folder of templates, which are compiled once and kept."""
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        chinese_date=chinese_date,
        safe_url=safe_url,
        phone_url=phone_url,
        paragraphs=paragraphs,
        unbroken=unbroken,
        segment=segment,
    )
    return made


def html(body: str, *, status: int = 200, cache: str = "no-cache") -> web.Response:
    """Answer with a page. Not kept by caches, because what has expired must vanish at once."""
    response = web.Response(
        text=body,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={**SECURITY_HEADERS, "Cache-Control": cache},
    )
    response.enable_compression()
    return response
