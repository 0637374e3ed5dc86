"""The audit log: who did what to what, when, from where, before and after. Written once, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

KEEP_DAYS: Final = 400
"""A full year to look back over, and some days; 网络安全法 第二十一条 asks for six months at least."""


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
