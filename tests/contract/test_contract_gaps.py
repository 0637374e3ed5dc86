"""What clerks decided about gaps, and the questions that gaps are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from handlers.turns import Trace
from knowledge.gaps import GapDecision, Missed
from messages import Inbound, Text
from storage.stores import Stores

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
IGNORED = GapDecision("g1", "ignored", ("恐龙化石怎么修补", "$修补"), "wang", NOW, note="与大厅无关")
TAKEN = GapDecision("g2", "taken", ("养蜂补贴怎么领",), "li", NOW + timedelta(days=1), entry_id="bees")


async def test_decisions_are_kept_the_newest_first(stores: Stores) -> None:
    assert await stores.gaps.decisions() == ()
    await stores.gaps.decide(IGNORED)
    await stores.gaps.decide(TAKEN)
    assert await stores.gaps.decisions() == (TAKEN, IGNORED)
    assert await stores.gaps.decisions("ignored") == (IGNORED,)


async def test_a_later_decision_about_the_same_gap_takes_its_place(stores: Stores) -> None:
    await stores.gaps.decide(IGNORED)
    changed = replace(IGNORED, decided="taken", entry_id="fossils", by="li")
    await stores.gaps.decide(changed)
    assert await stores.gaps.decisions() == (changed,)


async def test_a_decision_can_be_revoked_once(stores: Stores) -> None:
    await stores.gaps.decide(IGNORED)
    assert await stores.gaps.revoke("g1") is True
    assert await stores.gaps.revoke("g1") is False
    assert await stores.gaps.decisions() == ()


async def _turn(stores: Stores, key: str, text: str, trace: Trace, *, useful: bool | None = None) -> None:
    message = Inbound(key, "official", f"o-{key}", "gh_1", "text", NOW, text=text)
    await stores.turns.claim(message, owner="p", now=NOW, lease_seconds=60)
    await stores.turns.finish(key, owner="p", parts=(Text("好"),), trace=trace, now=NOW)
    if useful is not None:
        await stores.turns.rate(key, useful=useful, now=NOW)


async def test_what_was_missed_has_its_time_and_the_entry_that_was_no_use(stores: Stores) -> None:
    answered = Trace(rule="question", outcome="answered", entry="card-lost")
    missed = Trace(rule="question", outcome="not_answered", entry="guessed")
    await _turn(stores, "k1", "恐龙化石怎么修补", missed)
    await _turn(stores, "k2", "社保卡丢了", answered, useful=False)
    await _turn(stores, "k3", "社保卡", answered, useful=True)
    await _turn(stores, "k4", "", missed)
    found = await stores.turns.missed(since=NOW, limit=10)
    assert set(found) == {Missed("恐龙化石怎么修补", NOW), Missed("社保卡丢了", NOW, "card-lost")}
    assert set(await stores.turns.unanswered(since=NOW, limit=10)) == {each.text for each in found}
    assert await stores.turns.missed(since=NOW + timedelta(seconds=1), limit=10) == ()
