from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta

import pytest

from bot.settling import MOST_DAYS, Settling
from console.charts import FEW
from handlers.turns import Trace
from helpdesk.handoffs import Handoff
from knowledge.entries import BEIJING
from messages import Inbound
from tests.console.conftest import Browser, NewBrowser, Seen, signed_in
from tests.running import Clock, Here

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=BEIJING)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


async def turn(
    here: Here, at: datetime, outcome: str = "answered", *, entry: str = "", useful: bool | None = None
) -> None:
    """Store one finished turn, as the conversation does. The lease is long, or recovery would take it."""
    key = f"k{at.timestamp()}-{outcome}-{entry}-{await here.count('turns')}"
    inbound = Inbound(key, "official", f"o-{key}", "gh_1", "text", at, text="怎么办")
    await here.stores.turns.claim(inbound, owner="test", now=at, lease_seconds=1e9)
    done = at + timedelta(milliseconds=80)
    await here.stores.turns.finish(
        key, owner="test", parts=(), trace=Trace("question", outcome, entry), now=done
    )
    if useful is not None:
        await here.stores.turns.rate(key, useful=useful, now=done)


async def some_turns(here: Here) -> None:
    """Today and a week ago: two departments, all outcomes."""
    await turn(here, NOON, entry="card-lost", useful=True)
    await turn(here, NOON, entry="card-lost", useful=False)
    await turn(here, NOON, entry="marriage", useful=True)
    await turn(here, NOON - timedelta(days=2), entry="pension")
    await turn(here, NOON, "asked_back", entry="pension")
    await turn(here, NOON, "not_answered")
    await turn(here, NOON, "handed_over")
    await turn(here, NOON, "command")
    await turn(here, NOON - timedelta(days=8), entry="marriage")
    handoff = Handoff("h1", "official", "o-1", "missed", "怎么办", NOON, department="hrss")
    await here.stores.handoffs.open(handoff)


def figures(page: str) -> dict[str, str]:
    """The big numbers of a page."""
    found = re.findall(r'<dt>([^<]+)</dt><dd><span class="value">([^<]+)</span>', page)
    return dict(found)


def rows(seen: Seen) -> list[list[str]]:
    """A CSV as it was saved."""
    assert seen.status == 200, seen
    assert seen.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert seen.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E7%BB%9F%E8%AE%A1")
    assert seen.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(seen.text.removeprefix("\ufeff"))))


@pytest.fixture
async def reader(here: Here, new_browser: NewBrowser) -> Browser:
    await some_turns(here)
    return await signed_in(here, new_browser, "reader", "reader")


async def test_the_dashboard_adds_the_last_seven_days_up(reader: Browser) -> None:
    page = (await reader.get("/numbers")).text
    assert "2026年11月17日 至 2026年11月23日" in page
    assert figures(page) == {
        "提问": "7",
        "答上": "57.1%",
        "没答上": "14.3%",
        "转人工": "14.3%",
        "有用率": "66.7%",
    }
    assert "3 次评价" in page
    assert page.count('class="reach"') == 7
    assert 'width="100%"' in page
    assert "<title id=" in page
    assert "<desc id=" in page


async def test_settled_days_say_the_same_as_days_that_are_counted_now(here: Here, reader: Browser) -> None:
    before = (await reader.get("/numbers?range=30")).text
    settled = await here.stores.numbers.settle(NOON + timedelta(hours=14), most=99)
    assert settled == 9
    assert (await reader.get("/numbers?range=30")).text == before


async def test_change_is_told_against_as_many_days_before(here: Here, reader: Browser) -> None:
    await turn(here, NOON - timedelta(days=9))
    page = (await reader.get("/numbers?from=2026-11-19&to=2026-11-23")).text
    assert "比前 5 天多 250%" in page
    assert "比前 5 天低 42.9 个百分点" in page


async def test_nothing_is_compared_with_days_from_before_the_beginning(reader: Browser) -> None:
    page = (await reader.get("/numbers?range=month")).text
    assert "前面的日子没有完整的记录" in page
    assert "个百分点" not in page


async def test_entries_by_hits_and_by_useless(reader: Browser) -> None:
    page = (await reader.get("/numbers")).text
    assert page.index("社保卡丢了怎么补办") < page.index("结婚登记要带什么")
    worst = (await reader.get("/numbers?by=useless")).text
    assert "社保卡丢了怎么补办" in worst
    assert "结婚登记要带什么" not in worst


async def test_a_long_range_is_drawn_by_weeks(reader: Browser) -> None:
    page = (await reader.get("/numbers?from=2026-08-01&to=2026-11-23")).text
    assert "每周的消息和结果" in page
    assert FEW < page.count('class="reach"') == 18


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("from=2026-11-23&to=2026-11-01", "起始日期不能晚于结束日期"),
        ("from=yesterday&to=2026-11-01", "起始日期要写成 2026-11-23 这样的日期"),
        ("from=2026-11-01&to=", "都填上"),
        ("from=2020-01-01&to=2026-11-01", "一次最多看 366 天"),
        ("from=0001-01-01&to=0001-01-02", "起始日期太早了"),
        ("from=2027-01-01&to=2027-01-02", "起始日期还没有到"),
        ("from=9999-12-31&to=9999-12-31", "起始日期还没有到"),
        ("from=%22%3E%3Cscript%3E&to=x", "起始日期要写成"),
    ],
)
async def test_wrong_dates_are_named_and_the_last_days_shown(reader: Browser, query: str, why: str) -> None:
    seen = await reader.get(f"/numbers?{query}")
    assert seen.status == 422
    assert why in seen.text
    assert figures(seen.text)["提问"] == "7"
    assert '"><script>' not in seen.text


async def test_who_works_for_a_department_sees_its_entries_only(here: Here, new_browser: NewBrowser) -> None:
    await some_turns(here)
    browser = await signed_in(here, new_browser, "li", "editor", departments=("hrss",))
    page = (await browser.get("/numbers?department=mca")).text
    assert "您只能看到测试县人社局的条目" in page
    assert figures(page) == {"答上": "3", "反问时排第一": "1", "有用率": "50.0%", "登记人工服务": "1"}
    assert "结婚登记" not in page
    assert "没答上</dt>" not in page
    names = {row[0] for row in rows(await browser.get("/numbers/entries.csv"))}
    assert names == {"条目编号", "card-lost", "pension"}
    assert rows(await browser.get("/numbers/handoffs.csv"))[1:] == [
        ["2026-11-23", "没答上来以后", "测试县人社局", "1"]
    ]
    assert (await browser.get("/numbers/entries/card-lost")).status == 200
    for path in ("/numbers/entries/marriage", "/numbers/entries/marriage/days.csv", "/numbers/entries/gone"):
        assert (await browser.get(path)).status == 403


async def test_one_of_several_departments_can_be_chosen(reader: Browser) -> None:
    page = (await reader.get("/numbers?department=mca")).text
    assert figures(page)["答上"] == "1"
    assert "这里只有测试县民政局的条目" in page
    assert "department=mca" in page


async def test_tables_can_be_saved(reader: Browser) -> None:
    days = rows(await reader.get("/numbers/days.csv"))
    assert days[0][:7] == ["日期", "提问", "答上", "反问", "没答上", "转人工", "其他消息"]
    assert days[-1] == ["2026-11-23", "6", "3", "1", "1", "1", "1", "2", "1", "1", "80", "80"]
    assert days[1] == ["2026-11-17", *["0"] * 9, "", ""]
    one = rows(await reader.get("/numbers/entries/card-lost/days.csv?range=7"))
    assert one[-1] == ["2026-11-23", "2", "0", "1", "1", "0"]


async def test_the_page_of_an_entry(reader: Browser) -> None:
    page = (await reader.get("/numbers/entries/card-lost")).text
    assert figures(page) == {"命中": "2", "有用率": "50.0%", "反问时排第一": "0"}
    assert "2026-11-23 12:00" in page
    assert "社保卡丢了怎么补办" in page
    assert (
        "这段时间没有命中过"
        in (await reader.get("/numbers/entries/marriage?from=2026-11-01&to=2026-11-02")).text
    )


async def test_a_deleted_entry_keeps_its_numbers_and_its_name_is_no_formula(
    here: Here, reader: Browser
) -> None:
    gone = "=cmd|'/C calc'!A0"
    await turn(here, NOON, entry=gone)
    page = (await reader.get("/numbers")).text
    assert "已删除" in page
    (path,) = set(re.findall(r'href="/console(/numbers/entries/%3D[^"?]+)', page))
    assert "条目已删除" in (await reader.get(path)).text
    cells = {row[0] for row in rows(await reader.get("/numbers/entries.csv"))}
    assert f"'{gone}" in cells
    assert gone not in cells
    assert (await reader.get("/numbers/entries/never-was")).status == 404


async def test_an_empty_hall_says_so(here: Here, new_browser: NewBrowser) -> None:
    browser = await signed_in(here, new_browser, "reader", "reader")
    page = (await browser.get("/numbers")).text
    assert "这段时间没有人提问" in page
    assert "<svg" not in page
    assert len(rows(await browser.get("/numbers/days.csv"))) == 8
    assert "今天还没有人提问" in (await browser.get("")).text


async def test_the_first_page_tells_of_today(here: Here, reader: Browser, new_browser: NewBrowser) -> None:
    page = (await reader.get("")).text
    assert figures(page)["提问"] == "6"
    agent = await signed_in(here, new_browser, "agent", "agent")
    assert "今天到现在" not in (await agent.get("")).text


@pytest.mark.parametrize("path", ["/numbers", "/numbers/days.csv", "/numbers/entries/card-lost"])
async def test_who_may_not_read_numbers_is_refused(here: Here, new_browser: NewBrowser, path: str) -> None:
    agent = await signed_in(here, new_browser, "agent", "agent")
    assert (await agent.get(path)).status == 403


async def test_the_loop_counts_days_that_are_over_some_at_a_time(here: Here) -> None:
    await turn(here, NOON - timedelta(days=20), entry="card-lost")
    loop = Settling(here.stores.numbers)
    assert await loop.run_once(NOON) < 10, "there are more days than one go takes"
    assert await here.count("tallies") == MOST_DAYS
    assert await loop.run_once(NOON) > 60
    assert await here.count("tallies") == 20


async def test_the_page_of_an_entry_to_edit_tells_how_it_does(reader: Browser) -> None:
    page = (await reader.get("/entries/card-lost")).text
    assert figures(page)["命中"] == "2"
    assert "/console/numbers/entries/card-lost?range=30" in page
