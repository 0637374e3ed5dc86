from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.errors import ForgedError
from wechat.signature import check_freshness, matches, sign

NOW = datetime.fromtimestamp(1714036504, tz=UTC)


@pytest.mark.parametrize(
    ("timestamp", "nonce", "expected"),
    [
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("1714112445", "415670741", "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
    ],
)
def test_official_vectors(timestamp: str, nonce: str, expected: str) -> None:
    assert sign("AAAAA", timestamp, nonce) == expected
    assert matches(expected, token="AAAAA", timestamp=timestamp, nonce=nonce)


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=3))
def test_sign_is_sha1_over_the_sorted_parts(parts: list[str]) -> None:
    raw = b"".join(sorted(part.encode() for part in ["token", *parts]))
    assert sign("token", *parts) == hashlib.sha1(raw, usedforsecurity=False).hexdigest()


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        sign("", "1714036504", "1")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "f464",
        "F464B24FC39322E44B38AA78F5EDD27BD1441696",
        "f464b24fc39322e44b38aa78f5edd27bd1441697",
        "签" * 40,
    ],
)
def test_what_is_not_the_signature_does_not_match(signature: str) -> None:
    assert not matches(signature, token="AAAAA", timestamp="1714036504", nonce="1514711492")


@pytest.mark.parametrize("offset", [-300, 0, 300])
def test_within_five_minutes_is_fresh(offset: int) -> None:
    check_freshness("1714036504", "1514711492", NOW + timedelta(seconds=offset))


@pytest.mark.parametrize(
    ("timestamp", "nonce"),
    [
        ("1714036203", "1"),
        ("1714036805", "1"),
        ("", "1"),
        ("171403650", "1"),
        ("17140365041", "1"),
        ("+714036504", "1"),
        ("1714036504\n", "1"),
        ("１７１４０３６５０４", "1"),
        ("1714036504.0", "1"),
        ("1514711492", "1714036504"),
        ("1714036504", ""),
        ("1714036504", "1" * 65),
        ("1714036504", "a b"),
        ("1714036504", "<a>"),
        ("1714036504", "1\n"),
    ],
)
def test_odd_or_stale_parameters_are_forged(timestamp: str, nonce: str) -> None:
    with pytest.raises(ForgedError):
        check_freshness(timestamp, nonce, NOW)


def test_other_splits_of_a_captured_signature_are_not_fresh() -> None:
    """The delimiter-free SHA-1 fits 15 splits of the same digits; only the real one may pass."""
    digits = "15147114921714036504"
    captured = "f464b24fc39322e44b38aa78f5edd27bd1441696"
    passed = []
    for place in range(len(digits) + 1):
        for timestamp, nonce in ((digits[:place], digits[place:]), (digits[place:], digits[:place])):
            if not matches(captured, token="AAAAA", timestamp=timestamp, nonce=nonce):
                continue
            try:
                check_freshness(timestamp, nonce, NOW)
            except ForgedError:
                continue
            passed.append((timestamp, nonce))
    assert passed == [("1714036504", "1514711492")]
