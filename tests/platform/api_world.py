"""What the platform knows of one account, and the shape of one call of its API."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tests.platform.api_windows import WindowLaw

Answer = dict[str, Any] | bytes
OK: Final[dict[str, Any]] = {"errcode": 0, "errmsg": "ok"}


class CodeError(Exception):
    """The call is answered with this error code."""

    def __init__(self, code: int, message: str = "invalid") -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Call:
    """One call as it came."""

    app_id: str
    channel: str
    path: str
    query: Mapping[str, str]
    body: bytes
    now: datetime
    file: bytes = b""

    @property
    def asked(self) -> dict[str, Any]:
        asked = json.loads(self.body)
        if not isinstance(asked, dict):
            raise CodeError(47001, "data format error")
        return asked


@dataclass(slots=True)
class World:
    """What the platform knows of one account's followers, menus, tags, media and so on."""

    windows: WindowLaw = field(default_factory=WindowLaw)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Messages that reached citizens: openid and payload, in order."""
    notices: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    """Result events that the platform would push now."""
    broken: list[str] = field(default_factory=list)
    """Rules that accepted messages broke."""
    not_following: set[str] = field(default_factory=set)
    subscriptions: dict[tuple[str, str], int] = field(default_factory=dict)
    """Consents left by openid and template."""
    menus: dict[str, Any] = field(default_factory=dict)
    conditional: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[int, tuple[str, set[str]]] = field(default_factory=dict)
    media: dict[str, tuple[bytes, str, datetime]] = field(default_factory=dict)
    codes: dict[str, Any] = field(default_factory=dict)
    short: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)
    logins: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers to login codes, each good for one use."""
    suggest: dict[str, Any] = field(default_factory=lambda: {"suggest": "pass", "label": 100})
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(200_000_001))


Handler = Callable[[World, Call], Answer]
