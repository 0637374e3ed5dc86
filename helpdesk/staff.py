"""Staff: who works here, in which roles, for which departments, and what each role may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, Protocol

Role = Literal["admin", "editor", "reviewer", "agent", "representative", "reader"]
ROLE_NAMES: Final[Mapping[Role, str]] = MappingProxyType(
    {
        "admin": "管理员",
        "editor": "编辑",
        "reviewer": "审核",
        "agent": "坐席",
        "representative": "首席代表",
        "reader": "只读",
    }
)

Permission = Literal[
    "entries.read",
    "entries.write",
    "entries.review",
    "entries.publish",
    "entries.import",
    "entries.export",
    "gaps.read",
    "gaps.settle",
    "hall.write",
    "desk.take",
    "desk.supervise",
    "cases.answer",
    "cases.dispatch",
    "numbers.read",
    "staff.manage",
    "audit.read",
]
PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType({
    "admin": frozenset({
        "entries.read", "entries.write", "entries.review", "entries.publish", "entries.import",
        "entries.export", "gaps.read", "gaps.settle", "hall.write", "desk.take", "desk.supervise",
        "cases.dispatch", "numbers.read", "staff.manage", "audit.read",
    }),
    "editor": frozenset({
        "entries.read", "entries.write", "entries.import", "entries.export", "gaps.read", "gaps.settle",
        "numbers.read",
    }),
    "reviewer": frozenset({
        "entries.read", "entries.review", "entries.publish", "entries.export", "gaps.read", "numbers.read",
    }),
    "agent": frozenset({"entries.read", "desk.take"}),
    "representative": frozenset({
        "entries.read", "entries.review", "gaps.read", "cases.answer", "numbers.read",
    }),
    "reader": frozenset({"entries.read", "gaps.read", "numbers.read"}),
})  # fmt: skip
"""What each role may do: the one table that is asked. What does not stand here is refused."""


ENTRY_STEPS: Final[Mapping[str, Permission]] = MappingProxyType({
    "create": "entries.write",
    "edit": "entries.write",
    "restore": "entries.write",
    "discard": "entries.write",
    "submit": "entries.write",
    "recall": "entries.write",
    "request_changes": "entries.review",
    "approve": "entries.review",
    "confirm": "entries.review",
    "review": "entries.review",
    "schedule": "entries.publish",
    "unschedule": "entries.publish",
    "publish": "entries.publish",
    "withdraw": "entries.publish",
})  # fmt: skip
"""What each step in the life of an entry asks for; a step that does not stand here is nobody's."""


@dataclass(frozen=True, slots=True)
class Staff:
    """One person's account in the console."""

    id: str
    login: str
    """What is typed at the door: lower-case letters, digits, `.`, `-`, `_`."""
    name: str
    roles: tuple[Role, ...]
    departments: tuple[str, ...] = ()
    """Ids of the departments this person works for; empty: the whole hall."""
    password: str = ""
    """The argon2 hash."""
    must_change: bool = True
    """The password was set by somebody else: the first thing to do is to choose one's own."""
    totp: str = ""
    """Secret of the second factor; empty: none."""
    totp_step: int = 0
    """The last time step whose code was used, so that a code works once."""
    disabled: bool = False
    created_at: datetime | None = None
    revision: int = 0

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles allows it (see also `covers`)."""
        return not self.disabled and any(permission in PERMISSIONS[role] for role in self.roles)

    def covers(self, department: str) -> bool:
        """Whether a department is in this person's scope."""
        return not self.departments or department in self.departments


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One signed-in browser."""

    id: str
    """SHA-256 of the cookie's value: who reads the database can't sign in with it."""
    staff_id: str
    stage: Literal["code", "password", "full"]
    """What is still to be done before the console opens: the second factor, an own password, nothing."""
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    browser: str


class StaffStore(Protocol):
    """Keeps accounts and sessions, and counts failed attempts."""

    async def add(self, staff: Staff) -> bool:
        """Store a new account; False when the login is taken."""

    async def get(self, staff_id: str) -> Staff | None:
        """One account."""

    async def by_login(self, login: str) -> Staff | None:
        """The account of a login."""

    async def everyone(self) -> tuple[Staff, ...]:
        """All accounts, by login."""

    async def save(self, staff: Staff) -> bool:
        """Store a changed account; False when somebody else has changed it since (`revision`)."""

    async def use_code(self, staff_id: str, step: int) -> bool:
        """Note that the code of a time step was used; False when it, or a later one, was used before."""

    async def open_session(self, session: StaffSession) -> None:
        """Store a session."""

    async def session(self, session_id: str) -> StaffSession | None:
        """One session, also when it has run out."""

    async def save_session(self, session: StaffSession) -> None:
        """Store a changed session; one that was ended stays ended."""

    async def sessions(self, staff_id: str) -> tuple[StaffSession, ...]:
        """All sessions of an account, the newest first."""

    async def end_session(self, session_id: str, *, staff_id: str) -> bool:
        """End one session of an account."""

    async def end_sessions(self, staff_id: str, *, but: str = "") -> int:
        """End all sessions of an account, but one."""

    async def failures(self, key: str, now: datetime) -> int:
        """How many failed attempts there were of late."""

    async def count_failure(self, key: str, now: datetime, *, until: datetime) -> int:
        """Count a failed attempt, all of which are forgotten at `until`; returns how many there are."""

    async def forgive(self, key: str) -> None:
        """Forget failed attempts."""
