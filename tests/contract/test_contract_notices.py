"""Consents and receipts: answers that come twice, results that come early, late or without a number."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from messages import Text
from storage.mongo import Mongo
from storage.stores import Stores, stores_of
from wechat.outbox import Notice, OutboxItem, OutboxStatus, Route
from wechat.receipts import NoticeResult

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
DAY = timedelta(days=1)
NOTICE = Notice("tpl", ())


async def put(stores: Stores, name: str = "k1", **changes: object) -> None:
    made = OutboxItem(name, "official", "o1", (Text("您的事办好了"),), NOW, notice=NOTICE)
    assert await stores.outbox.put(replace(made, **changes))  # type: ignore[arg-type]


async def settle(
    stores: Stores, status: OutboxStatus = "sent", *, route: Route = "notice", job: str = "", name: str = "k1"
) -> None:
    taken = await stores.outbox.take(owner="s", now=NOW, lease_seconds=30)
    assert taken is not None
    assert taken.id == name
    await stores.outbox.settle(
        name, owner="s", status=status, reason="", now=NOW, next_at=None, route=route, job=job
    )


async def note(stores: Stores, result: NoticeResult, *, user: str = "o1", channel: str = "official") -> None:
    await stores.outbox.note_result(channel, user, result, now=LATER)  # type: ignore[arg-type]


async def items(stores: Stores) -> list[tuple[str, str]]:
    return [
        (each.status, each.receipt) for each in await stores.outbox.of_user("official", "o1", after=NOW - DAY)
    ]


async def test_a_result_finds_its_item_by_number(stores: Stores) -> None:
    await put(stores)
    await settle(stores, job="77")
    await note(stores, NoticeResult("delivered", "78"))
    await note(stores, NoticeResult("delivered", "77"), channel="mini")
    assert await items(stores) == [("sent", "")]
    await note(stores, NoticeResult("delivered", "77"))
    assert await items(stores) == [("sent", "delivered")]
    (found,) = await stores.outbox.of_user("official", "o1", after=NOW - DAY)
    assert (found.sent_at, found.job, found.route) == (NOW, "77", "notice")


async def test_a_notice_that_did_not_arrive_waits_for_the_citizen(stores: Stores) -> None:
    await put(stores)
    await settle(stores, job="77")
    for _ in range(2):
        await note(stores, NoticeResult("refused", "77"))
    (found,) = await stores.outbox.of_user("official", "o1", after=NOW - DAY)
    assert (found.status, found.receipt, found.held_at) == ("held", "refused", LATER)
    assert "拒收" in found.reason


async def test_a_result_faster_than_our_own_note_is_not_lost(stores: Stores) -> None:
    await put(stores)
    await note(stores, NoticeResult("failed", "77"))
    assert await items(stores) == [("waiting", "")]
    await settle(stores, job="77")
    assert await items(stores) == [("held", "failed")]


async def test_whoever_is_second_sees_the_other(mongo: Mongo, stores: Stores) -> None:
    async with stores_of(mongo) as other:
        for number in range(30):
            name, job = f"k{number:02d}", f"job{number}"
            await put(stores, name, user=f"u{number}")
            taken = await stores.outbox.take(owner="s", now=NOW, lease_seconds=30)
            assert taken is not None
            await asyncio.gather(
                stores.outbox.settle(
                    name, owner="s", status="sent", reason="", now=NOW, next_at=None, route="notice", job=job
                ),
                other.outbox.note_result("official", f"u{number}", NoticeResult("delivered", job), now=LATER),
            )
            (found,) = await stores.outbox.of_user("official", f"u{number}", after=NOW - DAY)
            assert found.receipt == "delivered", number


async def test_a_lost_answer_is_found_again_by_its_template(stores: Stores) -> None:
    """The send timed out, so there is no number: the one uncertain notice of the citizen must be it."""
    await put(stores)
    await settle(stores, "uncertain")
    await note(stores, NoticeResult("delivered", "77", "other"))
    await note(stores, NoticeResult("delivered", "77", "tpl"), user="o2")
    assert await items(stores) == [("uncertain", "")]
    await note(stores, NoticeResult("delivered", "77", "tpl"))
    assert await items(stores) == [("sent", "delivered")]


async def test_where_two_notices_could_be_meant_none_is_touched(stores: Stores) -> None:
    for name in ("k1", "k2"):
        await put(stores, name)
        await settle(stores, "uncertain", name=name)
    await note(stores, NoticeResult("delivered", "77", "tpl"))
    assert await items(stores) == [("uncertain", "")] * 2


async def test_an_item_that_left_another_way_is_not_touched(stores: Stores) -> None:
    await put(stores)
    await settle(stores, "sent", route="custom")
    await note(stores, NoticeResult("failed", "77", "tpl"))
    assert await items(stores) == [("sent", "")]


async def test_an_uncertain_notice_takes_nothing_from_the_send_window(stores: Stores) -> None:
    await put(stores)
    await settle(stores, "uncertain")
    assert (await stores.windows.read("official", "o1", now=NOW)).sends == ()


async def test_the_same_answer_delivered_again_counts_once(mongo: Mongo, stores: Stores) -> None:
    async with stores_of(mongo) as other:
        for key in ("a", "b"):
            await asyncio.gather(
                *(
                    each.consents.grant("official", "o1", "tpl", lasting=False, key=key, now=NOW)
                    for each in (stores, other) * 5
                )
            )
    taken = [await stores.consents.take("official", "o1", "tpl") for _ in range(3)]
    assert taken == [True, True, False]


async def test_an_answer_given_again_after_a_refusal_does_not_bring_the_consent_back(stores: Stores) -> None:
    await stores.consents.grant("official", "o1", "tpl", lasting=True, key="a", now=NOW)
    await stores.consents.revoke("official", "o1", "tpl")
    await stores.consents.grant("official", "o1", "tpl", lasting=True, key="a", now=NOW)
    assert not await stores.consents.take("official", "o1", "tpl")
    await stores.consents.grant("official", "o1", "tpl", lasting=False, key="b", now=NOW)
    assert [await stores.consents.take("official", "o1", "tpl") for _ in range(2)] == [True, False]


@pytest.mark.parametrize("minutes", [-1, 1])
async def test_a_consent_given_after_an_item_was_held_lets_it_go(stores: Stores, minutes: int) -> None:
    """One given before does not: the notice was tried with it, and would be refused again and again."""
    await put(stores)
    await put(stores, "k2", notice=Notice("other", ()))
    await put(stores, "k3", notice=None)
    for name in ("k1", "k2", "k3"):
        await settle(stores, "held", route="", name=name)
    given_at = NOW + timedelta(minutes=minutes)
    await stores.consents.grant("official", "o1", "tpl", lasting=False, key="a", now=given_at)
    released = await stores.windows.release(now=NOW + timedelta(minutes=2), call_after=DAY)
    assert released == (1 if minutes > 0 else 0)
    statuses = [status for status, _ in await items(stores)]
    assert statuses == ["waiting" if minutes > 0 else "held", "held", "held"]


async def test_a_consent_that_is_used_up_lets_nothing_go(stores: Stores) -> None:
    await put(stores)
    await settle(stores, "held", route="")
    await stores.consents.grant("official", "o1", "tpl", lasting=False, key="a", now=LATER)
    assert await stores.consents.take("official", "o1", "tpl")
    assert await stores.windows.release(now=LATER + timedelta(minutes=1), call_after=DAY) == 0
