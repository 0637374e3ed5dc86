"""Tokens with which programs of the staff use the API: what one is, what it may do, where it is kept.

A token stands for its owner, narrowed: it may do what was ticked when it was made, and of that only what the
owner may do now. Who leaves, or loses a role, takes the tokens along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from helpdesk.secrets import digest, new_secret
from helpdesk.staff import PERMISSIONS, Permission, Staff

PREFIX: Final = "ljt_"
"""How every token begins, so that one in a public file is recognised as what it is."""
LIFETIMES_DAYS: Final = (30, 90, 180, 365)
MOST_TOKENS: Final = 20
"""Live tokens of one person."""
TOUCH: Final = timedelta(minutes=1)
"""A token's last use is stored at most this often."""
_TAIL: Final = 4
OFFERED: Final[tuple[Permission, ...]] = (
    "entries.read",
    "entries.write",
    "entries.review",
    "entries.publish",
)
"""What the API has calls for: nothing else can be given to a token."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One token, without the secret."""

    id: str
    """SHA-256 of the secret."""
    staff_id: str
    name: str
    """What it is for, in the owner's words."""
    permissions: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    tail: str
    """The secret's last characters, to tell tokens apart."""
    used_at: datetime | None = None
    used_from: str = ""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks with a token."""

    staff: Staff
    token: ApiToken

    def may(self, permission: Permission, department: str | None = None) -> bool:
        """Whether both the token and its owner may do something (to what belongs to a department)."""
        return (
            permission in self.token.permissions
            and self.staff.may(permission)
            and (department is None or self.staff.covers(department))
        )


class ApiTokenStore(Protocol):
    """Keeps tokens until they run out."""

    async def add(self, token: ApiToken) -> None:
        """Store a new token."""

    async def get(self, token_id: str) -> ApiToken | None:
        """One token, also when it has run out."""

    async def of_staff(self, staff_id: str) -> tuple[ApiToken, ...]:
        """All tokens of a person, the newest first."""

    async def touch(self, token_id: str, *, now: datetime, address: str) -> None:
        """Note the last use; a token that was revoked stays so."""

    async def revoke(self, token_id: str, *, staff_id: str) -> bool:
        """Delete a token of a person; False when there is none."""


def grantable(person: Staff) -> tuple[Permission, ...]:
    """What a person can give to a token, in the order it is shown."""
    held: set[Permission] = {each for role in person.roles for each in PERMISSIONS[role]}
    return tuple(each for each in OFFERED if each in held)


def issue(
    person: Staff, name: str, permissions: Iterable[Permission], *, now: datetime, days: int
) -> tuple[ApiToken, str]:
    """Make a token and its secret. What the person can't give is left out."""
    secret, wanted = PREFIX + new_secret(), set(permissions)
    granted = tuple(each for each in grantable(person) if each in wanted)
    ends = now + timedelta(days=days)
    return ApiToken(digest(secret), person.id, name, granted, now, ends, secret[-_TAIL:]), secret
