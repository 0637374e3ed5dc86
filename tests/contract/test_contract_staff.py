from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helpdesk.audit import AuditEvent
from helpdesk.staff import Staff, StaffSession
from storage.stores import Stores

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WANG = Staff("1", "wang", "王", ("editor",), ("hrss",), password="h", created_at=NOW)


def a_session(session_id: str, staff_id: str = "1", **minutes: int) -> StaffSession:
    moment = NOW + timedelta(**minutes)
    return StaffSession(
        session_id, staff_id, "full", moment, moment, moment + timedelta(hours=12), "::1", "x"
    )


async def test_an_account_is_kept_as_it_is(stores: Stores) -> None:
    assert await stores.staff.add(WANG)
    assert await stores.staff.get("1") == WANG == await stores.staff.by_login("wang")
    assert await stores.staff.get("2") is None is await stores.staff.by_login("li")
    assert await stores.staff.everyone() == (WANG,)


async def test_a_login_belongs_to_one_person(stores: Stores) -> None:
    results = await asyncio.gather(*(stores.staff.add(replace(WANG, id=str(n))) for n in range(8)))
    assert sorted(results) == [False] * 7 + [True]


async def test_of_two_who_save_the_second_is_told(stores: Stores) -> None:
    await stores.staff.add(WANG)
    results = await asyncio.gather(*(stores.staff.save(replace(WANG, name=f"{n}")) for n in range(8)))
    assert sum(results) == 1
    saved = await stores.staff.get("1")
    assert saved is not None
    assert saved.revision == 1
    assert await stores.staff.save(replace(saved, name="王五"))


async def test_a_code_is_used_once_and_saving_the_account_does_not_give_it_back(stores: Stores) -> None:
    await stores.staff.add(WANG)
    results = await asyncio.gather(*(stores.staff.use_code("1", 7) for _ in range(8)))
    assert sum(results) == 1
    assert await stores.staff.save(replace(WANG, name="王五"))
    assert not await stores.staff.use_code("1", 7)
    assert not await stores.staff.use_code("1", 6)
    assert await stores.staff.use_code("1", 8)


async def test_sessions_end(stores: Stores) -> None:
    for number in range(3):
        await stores.staff.open_session(a_session(f"s{number}", minutes=number))
    await stores.staff.open_session(a_session("other", "2"))
    assert [each.id for each in await stores.staff.sessions("1")] == ["s2", "s1", "s0"]
    assert not await stores.staff.end_session("other", staff_id="1")
    assert await stores.staff.end_session("s0", staff_id="1")
    assert await stores.staff.session("s0") is None
    assert await stores.staff.end_sessions("1", but="s2") == 1
    assert [each.id for each in await stores.staff.sessions("1")] == ["s2"]
    assert await stores.staff.session("other") is not None


async def test_a_session_that_was_ended_is_not_brought_back_by_its_last_use(stores: Stores) -> None:
    await stores.staff.open_session(a_session("s"))
    await stores.staff.save_session(replace(a_session("s"), seen_at=NOW + timedelta(hours=1)))
    kept = await stores.staff.session("s")
    assert kept is not None
    assert kept.seen_at == NOW + timedelta(hours=1)
    await stores.staff.end_session("s", staff_id="1")
    await stores.staff.save_session(a_session("s"))
    assert await stores.staff.session("s") is None


async def test_failures_are_counted_once_each_and_forgotten(stores: Stores) -> None:
    until = NOW + timedelta(minutes=15)
    await asyncio.gather(*(stores.staff.count_failure("k", NOW, until=until) for _ in range(8)))
    assert await stores.staff.failures("k", NOW) == 8
    assert await stores.staff.failures("k", until) == 0
    assert await stores.staff.count_failure("k", until, until=until + timedelta(minutes=15)) == 1
    await stores.staff.forgive("k")
    assert await stores.staff.failures("k", until) == 0


async def test_the_audit_log_is_read_from_the_newest(stores: Stores) -> None:
    events = [
        AuditEvent(
            NOW + timedelta(minutes=n),
            "1",
            "wang",
            "王",
            f"staff.a{n % 2}",
            f"staff:{n}",
            "::1",
            {},
            {"x": "y"},
        )
        for n in range(5)
    ]
    for event in events:
        await stores.audit.write(event)
    assert await stores.audit.read(limit=3) == tuple(reversed(events))[:3]
    assert await stores.audit.read(before=events[1].at) == (events[0],)
    assert [each.target for each in await stores.audit.read(action="staff.a1")] == ["staff:3", "staff:1"]
    assert await stores.audit.read(action=".*") == ()
    assert await stores.audit.read(login="li") == ()
    assert await stores.audit.read(target="staff:2") == (events[2],)
