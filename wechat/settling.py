"""What becomes of an outbox item after an attempt. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from messages import Channel
from wechat.api_errors import (
    ApiError,
    BusyError,
    NoTokenError,
    PermissionRefusedError,
    QuotaError,
    RecipientError,
    RefusedError,
    TokenRefusedError,
    UncertainError,
    WindowClosedError,
)
from wechat.outbox import OutboxItem, OutboxStatus, Route
from wechat.receipts import Receipt

RETRY_FOR: Final = timedelta(hours=48)
"""What could not be sent for so long, for reasons that pass by themselves, becomes a dead letter."""
CALL_AFTER: Final = timedelta(hours=24)
"""Our own choice: who has not written for a day after we failed to reach them is phoned."""
_FIRST_WAIT_SECONDS: Final = 5.0
_LONGEST_WAIT_SECONDS: Final = 600.0
_JITTER: Final = 0.25
"""Waits are up to a quarter longer, so that what failed together is not tried again together."""
_GAVE_UP: Final = "连续 48 小时没能送出，已停止重试。最后一次的原因："
_CALL: Final = "请电话联系市民。"
_DELIVERED: Final = "已用订阅通知送达，微信已确认。"
_REFUSED: Final = "市民拒收了订阅通知，等市民下次来信时自动发出。"
_NOT_DELIVERED: Final = "微信没能送达订阅通知，等市民下次来信时自动发出。"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of an item after an attempt."""

    status: OutboxStatus
    reason: str = ""
    next_at: datetime | None = None
    route: Route = ""
    job: str = ""
    """The platform's number of a notice."""


def settle_after(error: ApiError | None, *, attempts: int, now: datetime, jitter: float = 0.0) -> Settlement:
    """Decide by the result of an attempt; None means that every message has left. `jitter` is 0 to 1.

    A closed window is not decided here: the sender has other ways to the citizen.
    """
    match error:
        case None:
            return Settlement("sent", route="custom")
        case UncertainError():
            return Settlement("uncertain", error.advice)
        case RecipientError():
            return Settlement("call", f"{error.advice}{_CALL}")
        case WindowClosedError():
            return Settlement("held", error.advice)
        case RefusedError() if not error.retryable:
            return Settlement("failed", error.advice)
    wait = min(_FIRST_WAIT_SECONDS * 2.0 ** min(max(attempts - 1, 0), 10), _LONGEST_WAIT_SECONDS)
    if isinstance(error, RefusedError | NoTokenError):
        wait = max(wait, error.wait_seconds)
    wait *= 1 + _JITTER * jitter
    return Settlement("waiting", error.advice, now + timedelta(seconds=wait))


def concerns_account(error: ApiError) -> bool:
    """Whether every other item of the account would fare the same, so that trying them only costs calls."""
    whole = QuotaError | PermissionRefusedError | TokenRefusedError | BusyError
    return isinstance(error, NoTokenError) or (
        isinstance(error, whole) and error.retryable and error.wait_seconds > 0
    )


@dataclass(slots=True)
class Pauses:
    """What need not be tried for a while, because every item would fare the same."""

    _until: dict[tuple[Channel, Route], Settlement] = field(default_factory=dict)

    def note(self, channel: Channel, route: Route, error: ApiError, settlement: Settlement) -> None:
        """Remember a fault of the account: of one call (each has its own quota), or of all its access."""
        if not concerns_account(error):
            return
        routes: tuple[Route, ...] = (route,) if isinstance(error, QuotaError) else ("custom", "notice")
        for each in routes:
            self._until[channel, each] = settlement

    def of(self, channel: Channel, route: Route, now: datetime) -> Settlement | None:
        """Why nothing goes this way now; None: it may be tried."""
        found = self._until.get((channel, route))
        return found if found is not None and found.next_at is not None and now < found.next_at else None


def within_patience(settlement: Settlement, item: OutboxItem) -> Settlement:
    """The settlement itself, or a dead letter when the item has been tried for too long."""
    since = item.requeued_at or item.created_at
    if settlement.status != "waiting" or settlement.next_at is None:
        return settlement
    if settlement.next_at - since <= RETRY_FOR:
        return settlement
    return Settlement("failed", f"{_GAVE_UP}{settlement.reason}")


def settle_result(item: OutboxItem, receipt: Receipt) -> Settlement | None:
    """What becomes of an item whose notice the platform has reported on; None: nothing changes.

    A notice that did not arrive is not sent again: the same citizen or the same fault would refuse it.
    """
    if receipt == "" or item.route != "notice" or item.status not in {"sent", "uncertain"}:
        return None
    if receipt == "delivered":
        return Settlement("sent", _DELIVERED, route="notice", job=item.job)
    reason = _REFUSED if receipt == "refused" else _NOT_DELIVERED
    return Settlement("held", reason, route="notice", job=item.job)
