"""The short form of `make soak`: each fault once or thrice under load, and every message is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.scenarios import SHORT, TRIALS, Trial, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("trial", TRIALS[1:], ids=lambda trial: trial.name.replace(" ", "_"))
async def test_every_message_is_accounted_for(trial: Trial, tmp_path: Path) -> None:
    """Nothing acknowledged is lost, nothing handled or sent twice, the order is kept, no log tells."""
    outcome = await run(trial, SHORT, tmp_path)
    account = outcome.account
    assert account.problems == {}, [*account.log_errors, *account.examples]
    assert outcome.faults != "none"
    assert account.answered > 0
    assert account.items > 0
    assert account.sent_once + account.uncertain == account.items
    assert account.token_fetches < 10
