"""Stores of the sending side: send windows, consents, tokens, and what staff do with the outbox."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from messages import Inbound, Text
from storage.mongo import Mongo, missing_indexes
from storage.stores import Stores, stores_of
from wechat.outbox import Notice, NoticeField, OutboxItem, OutboxStatus
from wechat.tokens import Fetched, Limits
from wechat.windows import Ledger

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def item(name: str = "k1", user: str = "o1", **changes: object) -> OutboxItem:
    made = OutboxItem(name, "official", user, (Text("您的事办好了"),), NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


async def did(
    stores: Stores,
    at: datetime,
    *,
    user: str = "o1",
    event: str = "",
    choice: str = "",
    received_at: datetime | None = None,
) -> None:
    kind = "event" if event else "text"
    key = f"{user}{at.isoformat()}{event}{choice}"
    inbound = Inbound(key, "official", user, "gh", kind, at, event=event, menu_choice=choice)  # type: ignore[arg-type]
    claimed = await stores.turns.claim(inbound, owner="x", now=received_at or at, lease_seconds=30)
    assert claimed is None


async def settle(
    stores: Stores, status: OutboxStatus, *, name: str = "k1", now: datetime = NOW, reason: str = "因为"
) -> None:
    taken = await stores.outbox.take(owner="s", now=now, lease_seconds=30)
    assert taken is not None
    assert taken.id == name
    await stores.outbox.settle(name, owner="s", status=status, reason=reason, now=now, next_at=None)


async def only(stores: Stores, user: str = "o1") -> OutboxItem:
    (found,) = await stores.outbox.of_user("official", user, after=NOW - DAY)
    return found


async def test_the_ledger_holds_the_last_deed_of_each_kind(stores: Stores) -> None:
    for minutes in (0, 1, 2):
        await did(stores, NOW + timedelta(minutes=minutes))
        await did(stores, NOW + timedelta(minutes=minutes, seconds=10), event="click")
        await did(stores, NOW + timedelta(minutes=minutes, seconds=20), event="location")
    await did(stores, NOW + timedelta(minutes=2, seconds=30), choice="2")
    await did(stores, NOW + timedelta(minutes=9), user="o2")
    found = await stores.windows.read("official", "o1", now=NOW + timedelta(minutes=3))
    assert found == Ledger(
        {"message": NOW + timedelta(minutes=2), "click": NOW + timedelta(minutes=2, seconds=30)}
    )
    assert await stores.windows.read("mini", "o1", now=NOW) == Ledger({})


async def test_positions_sent_every_five_seconds_hide_no_message(stores: Stores) -> None:
    await did(stores, NOW)
    for number in range(1, 61):
        await did(stores, NOW + timedelta(seconds=5 * number), event="location")
    found = await stores.windows.read("official", "o1", now=NOW + timedelta(minutes=6))
    assert found.openings == {"message": NOW}


async def test_what_is_older_than_the_longest_window_does_not_count(stores: Stores) -> None:
    await did(stores, NOW)
    assert (await stores.windows.read("official", "o1", now=NOW + 2 * DAY)).openings
    late = NOW + 2 * DAY + timedelta(seconds=1)
    assert not (await stores.windows.read("official", "o1", now=late)).openings


async def test_every_send_and_every_uncertain_one_counts(stores: Stores) -> None:
    await stores.outbox.put(item())
    await stores.outbox.put(item("k2", parts=(Text("x"),)))
    taken = await stores.outbox.take(owner="s", now=NOW, lease_seconds=30)
    assert taken is not None
    for number in (1, 1, 2):
        at = NOW + timedelta(seconds=number)
        await stores.outbox.progress("k1", owner="s", sent_parts=number, now=at)
    await stores.outbox.settle("k1", owner="s", status="sent", reason="", now=NOW, next_at=None)
    await settle(stores, "uncertain", name="k2", now=NOW + timedelta(seconds=5))
    found = await stores.windows.read("official", "o1", now=NOW + timedelta(minutes=1))
    assert found.sends == tuple(NOW + timedelta(seconds=each) for each in (1, 2, 5))


async def test_an_item_whose_sender_died_counts_as_sent(stores: Stores) -> None:
    await stores.outbox.put(item())
    await stores.outbox.take(owner="s", now=NOW, lease_seconds=30)
    later = NOW + timedelta(seconds=31)
    assert await stores.outbox.take(owner="s2", now=later, lease_seconds=30) is None
    assert (await only(stores)).status == "uncertain"
    assert (await stores.windows.read("official", "o1", now=later)).sends == (later,)


async def test_held_items_are_released_by_a_message_and_not_by_a_view(stores: Stores) -> None:
    await stores.outbox.put(item())
    await stores.outbox.put(item("k9", "o9"))
    await settle(stores, "held")
    await settle(stores, "held", name="k9")
    await did(stores, NOW + timedelta(seconds=5), event="view")
    assert await stores.windows.release(now=NOW + timedelta(seconds=9), call_after=DAY) == 0
    # The platform's clock has whole seconds: this message came after the item was held.
    await did(stores, NOW - timedelta(seconds=1), received_at=NOW + timedelta(milliseconds=1))
    assert await stores.windows.release(now=NOW + timedelta(seconds=12), call_after=DAY) == 1
    again = await only(stores)
    assert (again.status, again.requeued_at) == ("waiting", NOW + timedelta(seconds=12))
    assert (await only(stores, "o9")).status == "held"


async def test_a_message_that_came_before_does_not_release(stores: Stores) -> None:
    await did(stores, NOW - timedelta(seconds=1))
    await stores.outbox.put(item())
    await settle(stores, "held")
    assert await stores.windows.release(now=NOW + timedelta(seconds=9), call_after=DAY) == 0


async def test_who_waits_too_long_is_listed_for_a_call(stores: Stores) -> None:
    await stores.outbox.put(item())
    await settle(stores, "held")
    await stores.windows.release(now=NOW + DAY - timedelta(seconds=1), call_after=DAY)
    assert (await only(stores)).status == "held"
    await stores.windows.release(now=NOW + DAY, call_after=DAY)
    assert ((await only(stores)).status, (await only(stores)).held_at) == ("call", NOW)


async def test_all_held_items_are_looked_at_in_turns(stores: Stores) -> None:
    for number in range(250):
        await stores.outbox.put(item(f"k{number:03d}", f"o{number}"))
    for number in range(250):
        await settle(stores, "held", name=f"k{number:03d}")
    await did(stores, NOW + timedelta(seconds=1), user="o249")
    released = [
        await stores.windows.release(now=NOW + timedelta(seconds=number), call_after=DAY) for number in (5, 8)
    ]
    assert released == [0, 1]


async def test_held_items_hold_nothing_up(stores: Stores) -> None:
    await stores.outbox.put(item())
    await settle(stores, "held")
    await stores.outbox.put(item("k2", created_at=NOW + timedelta(seconds=1)))
    taken = await stores.outbox.take(owner="s", now=NOW + timedelta(seconds=2), lease_seconds=30)
    assert taken is not None
    assert taken.id == "k2"


async def test_nothing_leaves_beside_an_item_that_is_being_sent(stores: Stores) -> None:
    """43108: two messages to one citizen at once are refused."""
    await stores.outbox.put(item())
    await settle(stores, "held")
    await stores.outbox.put(item("k2", created_at=NOW + timedelta(seconds=1)))
    await stores.outbox.take(owner="s", now=NOW + timedelta(seconds=2), lease_seconds=30)
    assert await stores.outbox.requeue(["k1"], now=NOW) == 1
    assert await stores.outbox.take(owner="s2", now=NOW + timedelta(seconds=3), lease_seconds=30) is None


async def test_staff_can_requeue_and_drop_what_is_not_sent(stores: Stores) -> None:
    for number, status in enumerate(("failed", "uncertain", "sent", "call")):
        await stores.outbox.put(item(f"k{number}", f"o{number}"))
        await settle(stores, status, name=f"k{number}")  # type: ignore[arg-type]
    assert [each.id for each in await stores.outbox.find(["failed", "call"], limit=9)] == ["k0", "k3"]
    assert len(await stores.outbox.find(["failed", "call"], limit=1)) == 1
    assert await stores.outbox.drop(["k0", "k2", "nothing"], reason="重复") == 1
    assert await stores.outbox.requeue(["k1", "k2", "k3"], now=NOW) == 2
    assert await stores.outbox.requeue(["k0"], now=NOW) == 1
    again = await only(stores, "o0")
    assert (again.status, again.attempts, again.requeued_at) == ("waiting", 0, NOW)


async def test_a_notice_is_kept_with_its_item(stores: Stores) -> None:
    notice = Notice(
        "tpl", (NoticeField("thing1", "参保登记"), NoticeField("phrase2", "已办结")), "pages/case"
    )
    await stores.outbox.put(item(notice=notice))
    assert (await only(stores)).notice == notice


async def test_consents_are_used_up_one_by_one(stores: Stores) -> None:
    consents = stores.consents
    assert not await consents.take("official", "o1", "t")
    for key in ("a", "a", "b"):
        await consents.grant("official", "o1", "t", lasting=False, key=key, now=NOW)
    assert [await consents.take("official", "o1", "t") for _ in range(3)] == [True, True, False]
    await consents.give_back("official", "o1", "t")
    assert await consents.take("official", "o1", "t")
    assert not await consents.take("mini", "o1", "t")


async def test_a_lasting_consent_lasts_until_it_is_revoked(stores: Stores) -> None:
    await stores.consents.grant("official", "o1", "t", lasting=True, key="a", now=NOW)
    assert all([await stores.consents.take("official", "o1", "t") for _ in range(3)])
    await stores.consents.give_back("official", "o1", "t")
    await stores.consents.revoke("official", "o1", "t")
    assert not await stores.consents.take("official", "o1", "t")


async def test_one_consent_is_not_used_twice_by_two_senders(mongo: Mongo, stores: Stores) -> None:
    await stores.consents.grant("official", "o1", "t", lasting=False, key="a", now=NOW)
    async with stores_of(mongo) as other:
        taken = await asyncio.gather(
            *(each.consents.take("official", "o1", "t") for each in (stores, other) for _ in range(5))
        )
    assert taken.count(True) == 1


async def test_who_leaves_takes_the_consents_along(stores: Stores) -> None:
    await stores.consents.grant("official", "o1", "t", lasting=True, key="a", now=NOW)
    await stores.consents.grant("official", "o2", "t", lasting=True, key="a", now=NOW)
    await stores.outbox.forget("official", "o1")
    assert not await stores.consents.take("official", "o1", "t")
    assert await stores.consents.take("official", "o2", "t")


async def test_of_many_processes_one_may_fetch_a_token(mongo: Mongo, stores: Stores) -> None:
    async with stores_of(mongo) as other:
        claims = await asyncio.gather(
            *(
                each.tokens.claim(
                    "wx", owner=f"p{number}", beyond=-1, now=NOW, day="2026-11-23", limits=Limits()
                )
                for number, each in enumerate([stores, other] * 5)
            )
        )
    assert sorted(claim.result for claim in claims) == ["busy"] * 9 + ["yours"]


async def test_a_published_token_is_known_to_all_until_its_time(stores: Stores) -> None:
    async def ask(now: datetime, beyond: int = -1) -> str:
        claim = await stores.tokens.claim(
            "wx", owner="p2", beyond=beyond, now=now, day="2026-11-23", limits=Limits()
        )
        return claim.result

    await stores.tokens.claim("wx", owner="p1", beyond=-1, now=NOW, day="2026-11-23", limits=Limits())
    renew_at = NOW + timedelta(seconds=6900)
    await stores.tokens.publish("wx", owner="p1", fetched=Fetched("v", 7200), renew_at=renew_at)
    assert await ask(NOW) == "known"
    assert await ask(renew_at - timedelta(milliseconds=1)) == "known"
    assert await ask(renew_at) == "yours"


@pytest.mark.parametrize(("fetches", "result"), [(1, "yours"), (2, "spent")])
async def test_the_budget_counts_fetches_of_all_processes(stores: Stores, fetches: int, result: str) -> None:
    limits = Limits(budget=2)
    for number in range(fetches):
        owner = f"p{number}"
        await stores.tokens.claim("wx", owner=owner, beyond=-1, now=NOW, day="d", limits=limits)
        await stores.tokens.publish(
            "wx", owner=owner, fetched=Fetched("v", 10), renew_at=NOW - timedelta(seconds=1)
        )
    claim = await stores.tokens.claim("wx", owner="p9", beyond=-1, now=NOW, day="d", limits=limits)
    assert claim.result == result
    tomorrow = await stores.tokens.claim(
        "wx", owner="p9", beyond=-1, now=NOW + timedelta(minutes=1), day="e", limits=limits
    )
    assert tomorrow.result == "yours"


async def test_a_failed_fetch_makes_everybody_wait_with_its_reason(stores: Stores) -> None:
    await stores.tokens.claim("wx", owner="p1", beyond=-1, now=NOW, day="d", limits=Limits())
    await stores.tokens.give_up("wx", owner="p1", now=NOW, problem=40125)
    claim = await stores.tokens.claim("wx", owner="p2", beyond=-1, now=NOW, day="d", limits=Limits())
    assert (claim.result, claim.problem, claim.until) == ("waiting", 40125, NOW + timedelta(seconds=2))


async def test_the_new_collections_have_their_indexes(mongo: Mongo, stores: Stores) -> None:
    await stores.ping()
    assert await missing_indexes(mongo) == ()
