"""The audit log: who did what to what, when, from where, before and after. Written once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from helpdesk.staff import Staff

KEEP_DAYS: Final = 400
"""A full year to look back over, and some days; 网络安全法 第二十一条 asks for six months at least."""
TOLD_LENGTH: Final = 500
"""How much of a text is kept."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that was done in the console."""

    at: datetime
    staff_id: str
    login: str
    name: str
    action: str
    """Such as `staff.add`; `console.words` has the Chinese for it."""
    target: str
    """What it was done to, such as `entry:social-12`."""
    address: str
    before: dict[str, str] = field(default_factory=dict)
    """Only what changed, field by field, as text. Secrets are never among it."""
    after: dict[str, str] = field(default_factory=dict)


def audit_event(
    person: Staff | None,
    action: str,
    target: str,
    *,
    at: datetime,
    address: str,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> AuditEvent:
    """Tell of something that `person` (None: nobody known) did; of two sides only what differs is kept."""
    old, new = dict(before or {}), dict(after or {})
    changed = [name for name in {**old, **new} if old.get(name, "") != new.get(name, "")]
    return AuditEvent(
        at=at,
        staff_id=person.id if person else "",
        login=person.login if person else "",
        name=person.name if person else "",
        action=action,
        target=target,
        address=address,
        before={name: old.get(name, "")[:TOLD_LENGTH] for name in changed},
        after={name: new.get(name, "")[:TOLD_LENGTH] for name in changed},
    )


class AuditLog(Protocol):
    """Keeps the events. There is no way to change or delete one before its time."""

    async def write(self, event: AuditEvent) -> None:
        """Store an event."""

    async def read(
        self,
        *,
        login: str = "",
        action: str = "",
        target: str = "",
        before: datetime | None = None,
        limit: int = 50,
    ) -> tuple[AuditEvent, ...]:
        """The newest events that match, older than `before`."""
