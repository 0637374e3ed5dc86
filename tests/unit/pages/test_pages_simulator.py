from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.table import RULES as TABLE
from knowledge.snapshot import Snapshots
from messages import (
    Article,
    Channel,
    Choice,
    Choices,
    Image,
    Link,
    Links,
    News,
    Text,
)
from pages.simulator import SimulatorDeps, routes
from pages.why import OUTCOMES, RULES
from tests.unit.pages.pages_samples import HOSTILE, NOW, noon, serving
from tests.unit.pages.simulated import (
    ACCOUNTS,
    KEY,
    SAME_ORIGIN,
    TOKEN,
    USER,
    Hall,
    late_url,
    push,
    pushed,
    simulator,
)
from wechat.outbox import OutboxItem


async def test_a_question_goes_through_the_sealed_door_and_back() -> None:
    hall = Hall(
        parts=(Text("先挂失。"), Choices("哪一件？", (Choice(1, "补卡"), Choice(2, "换卡"))), _links())
    )
    async with simulator(hall) as client:
        told = await push(client, text="社保卡丢了怎么补", menu_id="3")
    (inbound,) = hall.seen
    assert (inbound.text, inbound.user, inbound.menu_choice, inbound.kind) == (
        "社保卡丢了怎么补",
        USER,
        "3",
        "text",
    )
    (bubble,) = told["bubbles"]
    taps = [(run["text"], run["tap"], run["menu_id"]) for run in bubble["runs"] if "tap" in run]
    assert taps == [("补卡", "补卡", "1"), ("换卡", "换卡", "2")]
    assert [run["href"] for run in bubble["runs"] if "href" in run] == ["https://a.gov.cn/guides/card"]
    assert (told["error"], told["status"], told["deliveries"], told["late"]) == ("", 200, 1, False)


def _links() -> Links:
    return Links((Link("办事指南", "https://a.gov.cn/guides/card"),))


async def test_the_why_of_a_turn() -> None:
    async with simulator(Hall()) as client:
        why = (await push(client, text="社保卡不见了"))["why"]
    assert why["rule_name"] == "提问（question）"
    assert why["outcome_name"] == "直接回答（answered）"
    assert why["confidence"] == 0.93
    assert why["entry"] == {"title": "社保卡丢了怎么补办？", "url": "/qa/lost-card"}
    assert why["lines"] == ["命中“社保卡”"]
    assert why["nearest"][0]["title"] == "社保卡丢了怎么补办？"
    assert why["delivery_name"] == "随应答直接送出"


async def test_nothing_secret_reaches_the_browser() -> None:
    hall = Hall()
    async with simulator(hall) as client:
        told = await (
            await client.post(
                "/simulator/push",
                json={"user": USER, "channel": "official", "type": "text", "text": "你好"},
                headers=SAME_ORIGIN,
            )
        ).text()
        page = await (await client.get("/simulator")).text()
    for secret in (TOKEN, KEY):
        assert secret not in told
        assert secret not in page
    assert "解密后" in told  # the plain document stands beside the sealed one
    assert "signature=" in told
    assert "…" in told  # and the signatures are cut


async def test_every_button_of_the_page_becomes_what_wechat_would_push() -> None:
    hall = Hall()
    async with simulator(hall) as client:
        for order in (
            {"type": "event", "event": "subscribe"},
            {"type": "event", "event": "unsubscribe"},
            {"type": "event", "event": "SCAN", "event_key": "qa.lost-card"},
            {"type": "event", "event": "CLICK", "event_key": "human"},
            {"type": "image"},
            {"type": "voice"},
            {"type": "location"},
        ):
            assert (await push(client, order))["error"] == ""
    assert [(each.kind, each.event, each.event_key) for each in hall.seen] == [
        ("event", "subscribe", ""),
        ("event", "unsubscribe", ""),
        ("event", "scan", "qa.lost-card"),
        ("event", "click", "human"),
        ("image", "", ""),
        ("voice", "", ""),
        ("location", "", ""),
    ]


async def test_news_pictures_and_silence() -> None:
    cards = (Article("一", "说明", "https://a.gov.cn/1"), Article("二", "", "javascript:alert(1)"))
    hall = Hall(parts=(News(cards),))
    async with simulator(hall) as client:
        (news,) = (await push(client, type="event", event="subscribe"))["bubbles"]
        assert [(each["title"], each["url"]) for each in news["articles"]] == [
            ("一", "https://a.gov.cn/1"),
            ("二", ""),
        ]
        hall.parts = (News(cards[:1]),)
        (single,) = (await push(client, text="图文"))["bubbles"]
        assert [each["title"] for each in single["articles"]] == ["一"]
        hall.parts = (Image("media"),)
        assert (await push(client, text="图"))["bubbles"] == [{"kind": "note", "text": "［图片］"}]
        hall.parts = ()
        silent = await push(client, type="event", event="unsubscribe")
        assert (silent["bubbles"], silent["error"]) == ([], "")


async def test_hostile_answers_reach_the_page_as_text_alone() -> None:
    async with simulator(Hall(parts=(Text(HOSTILE + "]]><a href='javascript:1'>x</a>"),))) as client:
        (bubble,) = (await push(client, text=HOSTILE))["bubbles"]
    assert all(set(run) == {"text"} for run in bubble["runs"])
    assert "<script>alert(1)" in "".join(run["text"] for run in bubble["runs"])


async def test_a_failing_server_is_tried_three_times_and_then_said_so() -> None:
    hall = Hall(status=503)
    async with simulator(hall) as client:
        told = await push(client, text="你好")
    assert (told["deliveries"], told["status"]) == (3, 503)
    assert told["error"].startswith("该公众号暂时无法提供服务")
    assert len({each.key for each in hall.seen}) == 1


async def test_a_refusing_server_is_not_asked_again() -> None:
    async with simulator(Hall(status=403)) as client:
        told = await push(client, text="你好")
    assert (told["deliveries"], told["status"]) == (1, 403)
    assert "HTTP 403，forged" in told["error"]


@pytest.mark.parametrize(
    "body", [b"<xml></xml>", b"{}", b"\xff\xfe", b"<xml><Encrypt>x</Encrypt></xml>", b"oops"]
)
async def test_an_answer_that_wechat_could_not_open_is_said_so(body: bytes) -> None:
    async with simulator(Hall(body=body)) as client:
        told = await push(client, text="你好")
    assert told["bubbles"] == []
    assert "微信也会打不开" in told["error"]


async def test_nobody_listening() -> None:
    deps = SimulatorDeps(
        accounts=ACCOUNTS,
        webhook_base=lambda: "http://127.0.0.1:9",
        turns=Hall(),
        outbox=Hall(),
        snapshots=Snapshots(),
        clock=noon,
    )
    async with serving(routes(deps)) as client:
        told = await push(client, text="你好")
    assert (told["status"], told["deliveries"]) == (0, 3)
    assert "暂时无法提供服务" in told["error"]


async def test_without_the_database_the_answer_comes_without_its_why() -> None:
    async with simulator(Hall(away=True)) as client:
        told = await push(client, text="你好")
        assert told["why"] is None
        assert told["bubbles"]
        response = await client.get(late_url())
        assert response.status == 503


async def test_a_late_reply_is_fetched_with_its_why() -> None:
    hall = Hall(parts=(Text("稍后的答复"),))
    async with simulator(hall) as client:
        told = await push(client, channel="mini", text="公积金怎么取")
        assert (told["late"], told["bubbles"]) == (True, [])
        late = await (await client.get(late_url())).json()
        (item,) = late["items"]
        assert item["id"] == told["key"]
        assert item["bubbles"] == [{"kind": "text", "runs": [{"text": "稍后的答复"}]}]
        assert "发件箱" in item["why"]["delivery_name"]
        hall.items.append(OutboxItem("other", "mini", USER, (Text("又一条"),), NOW + timedelta(seconds=9)))
        later = await (await client.get(late_url(after="2026-11-23T04:00:05%2B00:00"))).json()
        assert [each["id"] for each in later["items"]] == ["other"]
        assert later["after"] == "2026-11-23T04:00:09+00:00"


async def test_an_account_that_is_not_set_up() -> None:
    async with simulator(Hall(accounts={"official": ACCOUNTS["official"]})) as client:
        assert "没有配置" in (await pushed(client, {"channel": "mini"}, status=400))["error"]
        page = await (await client.get("/simulator")).text()
        assert "公众号" in page
        assert 'value="mini"' not in page


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
@pytest.mark.parametrize("channel", ["official", "mini"])
async def test_every_mode_of_both_accounts(mode: Any, channel: Channel) -> None:
    hall = Hall(accounts={channel: replace(ACCOUNTS[channel], mode=mode)})
    async with simulator(hall) as client:
        told = await push(client, channel=channel, text="你好 😀 ]]>")
    assert hall.seen[0].text == "你好 😀 ]]>"
    assert told["error"] == ""


async def test_the_page_has_no_inline_script_and_offers_answerable_questions() -> None:
    async with simulator(Hall()) as client:
        response = await client.get("/simulator")
        page = await response.text()
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert page.count("<script") == 1
        assert " style=" not in page
        assert " on" + "click" not in page
        assert "社保卡丢了怎么补办？" in page
        assert "去年的补贴" not in page
        for name in ("simulator.js", "bubbles.js", "why.js", "simulator.css"):
            assert (await client.get(f"/assets/simulator/{name}")).status == 200


async def test_the_page_before_the_knowledge_base_is_read() -> None:
    async with simulator(Hall(), Snapshots()) as client:
        page = await (await client.get("/simulator")).text()
        assert "社保卡丢了怎么补" in page


def test_production_has_no_simulator() -> None:
    deps = SimulatorDeps(
        accounts=ACCOUNTS,
        webhook_base=lambda: "",
        turns=Hall(),
        outbox=Hall(),
        snapshots=Snapshots(),
        clock=noon,
        production=True,
    )
    with pytest.raises(ValueError, match="production"):
        routes(deps)


def test_every_rule_and_outcome_has_a_name_a_clerk_understands() -> None:
    from typing import get_args

    from handlers.talk import Outcome

    assert {rule.name for rule in TABLE} <= set(RULES)
    assert set(get_args(Outcome)) <= set(OUTCOMES)
