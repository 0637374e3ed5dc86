"""What comes in and what goes out, whatever the channel.

`Inbound` is one message or event of a citizen. `Reply` is what the conversation answers: parts that know
nothing of XML, byte limits or markup. Text in a part is always plain text; links, numbers to tap and
escaping are made by `wechat.render`, at the last step.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

Channel = Literal["official", "mini", "app"]
"""`mini` is the customer-service chat of the mini-program; `app` its own page, which asks by the JSON API: a
reply is read from the answer or fetched later, and nothing is ever sent through the platform."""
Kind = Literal["text", "image", "voice", "video", "location", "link", "card", "event", "unknown"]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One row of an event about notices: a citizen's answer about a template, or the result of a sent one."""

    template_id: str = ""
    word: str = ""
    """The platform's own: `accept`, `reject`; `success`, `failed:user block`, `failed: system failed`."""
    job: str = ""
    """The platform's number of the sent notice."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message or event, as the platform delivered it."""

    key: str
    """The same for every delivery of the same message: what makes a turn exactly one turn."""
    channel: Channel
    user: str
    """The citizen's openid. Personal data: never in logs, never in addresses."""
    account: str
    """Our own account's original id (`ToUserName`), the sender of the passive reply."""
    kind: Kind
    at: datetime
    """The platform's `CreateTime`, aware, UTC, to the second."""
    order: int = 0
    """Rising within one citizen's messages of the same second (MsgId; 0 for events)."""
    text: str = ""
    event: str = ""
    """Lower-case event name (`subscribe`, `scan`, `click` …) when `kind` is `event`."""
    event_key: str = ""
    """Menu key or scene code, without the platform's `qrscene_` prefix."""
    media_id: str = ""
    menu_choice: str = ""
    """The `bizmsgmenuid` of a tapped choice."""
    rows: tuple[NoticeRow, ...] = ()
    """What an event about notices lists."""


@dataclass(frozen=True, slots=True)
class Link:
    """A title that opens an address."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of plain text; lines are separated by a single newline."""

    content: str


@dataclass(frozen=True, slots=True)
class Links:
    """A short list of links under an optional heading."""

    items: tuple[Link, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered choice: tapping it or typing its number says `label`."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """Numbered choices that can be tapped or typed."""

    heading: str
    options: tuple[Choice, ...]
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One card of a news message."""

    title: str
    description: str
    url: str
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class Taps:
    """Words that can be tapped or typed, shown in one line, such as 有用 / 没用."""

    lead: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class News:
    """A news message: the platform shows one article in answer to a message, up to eight after an event."""

    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that was uploaded before."""

    media_id: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the citizen to the platform's own customer service."""

    account: str = ""


Part = Text | Links | Choices | Taps | News | Image | Transfer


@dataclass(frozen=True, slots=True)
class Reply:
    """What the citizen gets for one message: parts in order. No parts: nothing is said (`success`)."""

    parts: tuple[Part, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether there is nothing to say."""
        return not self.parts


_NESTED: Final[dict[type, tuple[str, type]]] = {
    Links: ("items", Link),
    Choices: ("options", Choice),
    News: ("articles", Article),
}
_PARTS: Final[dict[str, type]] = {
    kind.__name__.lower(): kind for kind in (Text, Links, Choices, Taps, News, Image, Transfer)
}


def dump_part(part: Part) -> dict[str, Any]:
    """Turn a part into plain JSON values with its name under `part`, for storing and for JSON answers."""
    return {"part": type(part).__name__.lower(), **asdict(part)}


def load_part(record: dict[str, Any]) -> Part:
    """Read back what `dump_part` wrote. Raises `ValueError` on anything else."""
    values = dict(record)
    kind = _PARTS.get(str(values.pop("part", "")))
    if kind is None:
        raise ValueError(f"no such part: {record.get('part')!r}")
    try:
        if kind in _NESTED:
            name, item = _NESTED[kind]
            values[name] = tuple(item(**each) for each in values[name])
        if kind is Taps:
            values["words"] = tuple(values["words"])
        loaded: Part = kind(**values)
    except (KeyError, TypeError) as error:
        raise ValueError(f"the stored part {record.get('part')!r} is damaged: {error}") from error
    return loaded


class StoreUnavailableError(Exception):
    """The database can't be reached, or didn't answer in time. Nothing was promised; try again later."""
