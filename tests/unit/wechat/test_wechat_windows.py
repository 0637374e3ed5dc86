from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import Channel, Kind
from tests.platform.api_windows import ALLOWED, WindowLaw
from wechat.windows import LONGEST, SAFETY, WINDOWS, Cause, Ledger, allowance, cause_of

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "event", "choice", "cause"),
    [
        ("text", "", "", "message"),
        ("voice", "", "", "message"),
        ("text", "", "2", "click"),
        ("event", "click", "", "click"),
        ("event", "scancode_waitmsg", "", "click"),
        ("event", "scan", "", "scan"),
        ("event", "subscribe", "", "subscribe"),
        ("event", "user_enter_tempsession", "", "enter"),
        ("event", "view", "", None),
        ("event", "location", "", None),
        ("event", "unsubscribe", "", None),
    ],
)
def test_what_opens_a_window(kind: Kind, event: str, choice: str, cause: Cause | None) -> None:
    assert cause_of(kind=kind, event=event, menu_choice=choice) == cause


@pytest.mark.parametrize("channel", ["official", "mini"])
def test_the_table_is_that_of_the_platform(channel: Channel) -> None:
    ours = {(channel, cause): (each.sends, each.lasts) for cause, each in WINDOWS[channel].items()}
    assert ours == {key: value for key, value in ALLOWED.items() if key[0] == channel}
    assert all(each.source for each in WINDOWS[channel].values())


def test_nothing_is_allowed_before_the_citizen_did_anything() -> None:
    assert allowance(Ledger({}), "official", NOW).left == 0


def test_a_message_allows_five_for_48_hours() -> None:
    ledger = Ledger({"message": NOW}, (NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)))
    assert allowance(ledger, "official", NOW + timedelta(hours=2)).left == 3
    assert allowance(ledger, "official", NOW + LONGEST - SAFETY - timedelta(seconds=1)).left == 3
    assert allowance(ledger, "official", NOW + LONGEST - SAFETY).left == 0


def test_a_used_up_window_says_so() -> None:
    used = allowance(Ledger({"click": NOW}, (NOW, NOW, NOW)), "official", NOW + timedelta(seconds=5))
    assert (used.left, used.used_up) == (0, True)
    over = allowance(Ledger({"click": NOW}, (NOW, NOW, NOW)), "official", NOW + timedelta(seconds=60))
    assert (over.left, over.used_up) == (0, False)


def test_the_window_with_the_most_left_decides() -> None:
    ledger = Ledger({"message": NOW - timedelta(hours=1), "click": NOW}, (NOW - timedelta(minutes=5),) * 4)
    found = allowance(ledger, "official", NOW)
    assert (found.left, found.until) == (3, NOW + timedelta(minutes=1))


def test_the_mini_program_knows_no_clicks() -> None:
    assert allowance(Ledger({"click": NOW}), "mini", NOW).left == 0
    assert allowance(Ledger({"enter": NOW}), "mini", NOW).left == 2


DEEDS = st.sampled_from(["message", "click", "subscribe", "scan", "send", "wait"])


@given(st.lists(st.tuples(DEEDS, st.integers(0, 90)), max_size=60))
def test_the_platform_never_refuses_what_the_ledger_allows(steps: list[tuple[str, int]]) -> None:
    law, now = WindowLaw(), NOW
    openings: dict[Cause, datetime] = {}
    sends: list[datetime] = []
    for what, number in steps:
        if what == "wait":
            now += timedelta(hours=number)
            continue
        now += timedelta(seconds=number)
        if what == "send":
            if allowance(Ledger(openings, tuple(sends)), "official", now).left:
                assert law.pay("wx", "o", now) == 0
                sends.append(now)
            continue
        law.deed("wx", "o", what, now)
        cause: Cause = what  # type: ignore[assignment]
        openings[cause] = now
