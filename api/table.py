"""What a route of the API is, and what its handler gets and gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeVar

from pydantic import BaseModel

from api.problems import FORBIDDEN, NOT_FOUND, UNAUTHORIZED, UNAVAILABLE, ProblemError
from handlers.turns import TurnStore
from helpdesk.api_tokens import ApiTokenStore, Bearer
from helpdesk.audit import AuditLog
from helpdesk.staff import Permission, StaffStore
from knowledge.editorial_store import EditorialStore
from knowledge.snapshot import Snapshot, Snapshots
from messages import Inbound, Part
from wechat.client import Client
from wechat.outbox import OutboxStore

ROOT: Final = "/api/v1"
Need = Permission | Literal["anyone", "session"]
"""What a route asks for: a staff token with a permission, a session of the mini-program, or nothing."""
Rate = Literal["usual", "login"]
M = TypeVar("M", bound=BaseModel)


class Outcome(Protocol):
    """What came of a message (`bot.turns.Outgoing`)."""

    @property
    def result(self) -> Literal["reply", "acknowledged", "unavailable"]:
        """`acknowledged`: the reply comes later, or there is none."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is said."""

    @property
    def stored(self) -> bool:
        """False for an answer from memory while the database is away."""


class Engine(Protocol):
    """What makes a turn of a message (`bot.turns.Turns`)."""

    async def receive(self, inbound: Inbound) -> Outcome:
        """Answer one message; the same key gets the same answer."""


@dataclass(frozen=True, slots=True)
class ApiDeps:
    """What the API works with, handed in by `bot.app`."""

    snapshots: Snapshots
    staff: StaffStore
    api_tokens: ApiTokenStore
    audit: AuditLog
    editorial: EditorialStore
    turns: TurnStore
    outbox: OutboxStore
    engine: Engine
    mini: Client | None
    """The way to the platform for logins; None: no mini-program is configured."""
    session_key: bytes | None = field(repr=False)
    """What sessions are signed with; None: there can be none."""
    production: bool
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the guard has let through, read and checked."""

    deps: ApiDeps
    now: datetime
    address: str
    path: Mapping[str, str]
    query: BaseModel | None = None
    body: BaseModel | None = None
    if_match: str = ""
    bearer: Bearer | None = None
    citizen: str = ""
    """The pseudonym of whoever holds the session."""

    @property
    def me(self) -> Bearer:
        """Who asks with a token; only for routes that need one."""
        if self.bearer is None:
            raise ProblemError(UNAUTHORIZED, "请带上接口令牌。")
        return self.bearer

    @property
    def snapshot(self) -> Snapshot:
        """The knowledge base in memory."""
        snapshot = self.deps.snapshots.current
        if snapshot is None:
            raise ProblemError(
                UNAVAILABLE, "大厅的资料还在准备中，请稍后再试。", headers={"Retry-After": "5"}
            )
        return snapshot

    def demand(self, permission: Permission, department: str) -> None:
        """Refuse what the token, or its owner, may not do."""
        if not self.me.may(permission, department):
            raise ProblemError(FORBIDDEN, "您或这个令牌没有这项权限，或者这条内容不归您的部门管。")

    def asked(self, model: type[M]) -> M:
        """The query, as the model that the table names."""
        return _as(model, self.query)

    def sent(self, model: type[M]) -> M:
        """The body, as the model that the table names."""
        return _as(model, self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back; no body: 204."""

    body: BaseModel | Mapping[str, Any] | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table: there is no route without a stated need."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    """Below `/api/v1`."""
    needs: Need
    handle: Callable[[Call], Awaitable[Answer]]
    summary: str
    """In Chinese, for the description."""
    answers: Mapping[int, type[BaseModel] | None]
    """What comes back when all is well, by status."""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    versioned: bool = False
    """Whether `If-Match` says which version was read."""
    rate: Rate = "usual"


def missing(what: str) -> ProblemError:
    """What was asked for is not there."""
    return ProblemError(NOT_FOUND, f"没有{what}，可能已经撤下。")


def _as(model: type[M], found: BaseModel | None) -> M:
    if not isinstance(found, model):
        raise TypeError(f"the table of routes does not name {model.__name__} here")
    return found
