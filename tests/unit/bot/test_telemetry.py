"""Logs never hold what a citizen wrote, not even when a rule fails on it."""

from __future__ import annotations

import pytest

from bot.telemetry import frames_only


def fail_on(secret: str) -> None:
    raise ValueError(f"can't read {secret}")


def test_a_failure_is_logged_with_its_frames_and_without_its_words() -> None:
    with pytest.raises(ValueError, match="oOPENID") as caught:
        fail_on("oOPENID 身份证 420626199001011234")
    event = frames_only(None, "error", {"event": "a rule failed", "exc_info": caught.value})
    assert event["error"] == "ValueError"
    assert "fail_on" in event["frames"]
    assert "oOPENID" not in str(event)
    assert "420626" not in str(event)
