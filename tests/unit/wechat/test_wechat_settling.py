from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wechat.api_errors import ApiError, NoTokenError, UncertainError, UnreachableError, refused
from wechat.outbox import OutboxItem
from wechat.settling import Settlement, concerns_account, settle_after, within_patience

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "attempts", "status", "wait_seconds"),
    [
        (None, 1, "sent", None),
        (UnreachableError("x"), 0, "waiting", 5),
        (UnreachableError("x"), 1, "waiting", 5),
        (UnreachableError("x"), 2, "waiting", 10),
        (UnreachableError("x"), 7, "waiting", 320),
        (UnreachableError("x"), 8, "waiting", 600),
        (UnreachableError("x"), 10_000, "waiting", 600),
        (UncertainError("x"), 1, "uncertain", None),
        (refused("/x", -1), 1, "waiting", 5),
        (refused("/x", 45011), 1, "waiting", 60),
        (refused("/x", 45009), 1, "waiting", 3600),
        (refused("/x", 40164), 1, "waiting", 300),
        (refused("/x", 45047), 1, "held", None),
        (refused("/x", 43004), 1, "call", None),
        (refused("/x", 40125), 1, "waiting", 300),
        (NoTokenError("x", "", 900.0), 1, "waiting", 900),
        (refused("/x", 123456), 1, "failed", None),
    ],
)
def test_settling(error: ApiError | None, attempts: int, status: str, wait_seconds: int | None) -> None:
    settled = settle_after(error, attempts=attempts, now=NOW)
    assert settled.status == status
    assert settled.next_at == (None if wait_seconds is None else NOW + timedelta(seconds=wait_seconds))
    assert bool(settled.reason) == (error is not None)


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 5.0), (0.5, 5.625), (1.0, 6.25)])
def test_waits_differ_a_little(jitter: float, seconds: float) -> None:
    settled = settle_after(UnreachableError("x"), attempts=1, now=NOW, jitter=jitter)
    assert settled.next_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("error", "whole"),
    [
        (NoTokenError("x"), True),
        (refused("/x", 45009), True),
        (refused("/x", 45011), True),
        (refused("/x", 40164), True),
        (refused("/x", 42001), True),
        (refused("/x", -1), False),
        (refused("/x", 43108), False),
        (refused("/x", 48001), False),
        (refused("/x", 45047), False),
        (UnreachableError("x"), False),
    ],
)
def test_which_faults_concern_the_whole_account(error: ApiError, whole: bool) -> None:  # noqa: FBT001
    assert concerns_account(error) is whole


def test_patience_ends_two_days_after_the_item_was_made_or_put_back() -> None:
    item = OutboxItem("k", "official", "o", (), NOW)
    again = Settlement("waiting", "微信繁忙。", NOW + timedelta(hours=48, seconds=1))
    gave_up = within_patience(again, item)
    assert (gave_up.status, gave_up.next_at) == ("failed", None)
    assert gave_up.reason.endswith("微信繁忙。")
    assert within_patience(again, replace(item, requeued_at=NOW + timedelta(hours=1))) == again
    held = Settlement("held", "x")
    assert within_patience(held, item) == held
