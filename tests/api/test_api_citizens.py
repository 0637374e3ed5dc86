from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from messages import Text
from storage.embedded import EmbeddedServer
from tests.api.conftest import Program, citizen
from tests.mongo import all_documents, empty
from tests.platform.accounts import FakeAccount
from tests.platform.api_server import PlatformApi, platform_api
from tests.running import (
    KNOWN_ANSWER,
    KNOWN_QUESTION,
    UNKNOWN_QUESTION,
    Clock,
    Here,
    account_settings,
    make_settings,
    running_here,
)
from wechat.outbox import OutboxItem

pytestmark = pytest.mark.slow
MINI = FakeAccount(channel="mini", form="json")
OFFICIAL = FakeAccount(channel="official", app_id="wx0000000000000001")
PRODUCTION = {"env": "production", "public_url": "https://hall.example"}


async def said(program: Program, text: str, **more: Any) -> dict[str, Any]:
    got = await program.post("/ask", {"text": text, **more})
    assert got.status == 200, got
    body: dict[str, Any] = got.body
    return body


async def test_a_question_is_answered_and_rated_once(here: Here, stranger: Program) -> None:
    zhang = await citizen(stranger)
    answer = await said(zhang, KNOWN_QUESTION)
    assert (answer["kind"], answer["entry"]["id"]) == ("match", "card-lost")
    assert KNOWN_ANSWER in answer["text"]
    assert answer["links"] == [{"title": "办事指南：社保卡补办", "url": "https://hall.example/guides/card"}]
    assert answer["taps"] == ["有用", "没用"]
    assert answer["rateable"]
    assert answer["stored"]
    rated = await zhang.post("/feedback", {"turn": answer["turn"], "useful": True})
    assert (rated.status, rated.body) == (200, {"text": "谢谢您的评价。还有别的事，直接告诉我。"})
    assert (await zhang.post("/feedback", {"turn": answer["turn"], "useful": False})).status == 200
    turn = await here.stores.turns.get(answer["turn"])
    assert turn is not None
    assert turn.useful is True
    assert (turn.inbound.channel, turn.inbound.text) == ("app", KNOWN_QUESTION)


async def test_what_is_not_known_is_said_and_can_be_chosen(stranger: Program) -> None:
    zhang = await citizen(stranger)
    lost = await said(zhang, UNKNOWN_QUESTION)
    assert (lost["kind"], lost["rateable"]) == ("no_match", False)
    assert "人工" in lost["taps"]
    assert (await zhang.post("/feedback", {"turn": lost["turn"], "useful": True})).status == 404
    assert (await said(zhang, "你好"))["kind"] == "other"
    asked = await said(zhang, "社保卡养老金")
    assert (asked["kind"], len(asked["choices"])) == ("ambiguous", 2)
    chosen = await said(zhang, "2")
    assert (chosen["kind"], chosen["entry"]["question"]) == ("match", asked["choices"][1]["label"])


async def test_asking_twice_under_one_number_is_asking_once(here: Here, stranger: Program) -> None:
    zhang, li = await citizen(stranger), await citizen(stranger, "li")
    answers = await asyncio.gather(*(said(zhang, KNOWN_QUESTION, id="q1") for _ in range(8)))
    assert all(each == answers[0] for each in answers)
    assert await here.count("turns") == 1
    other = await said(li, KNOWN_QUESTION, id="q1")
    assert other["turn"] != answers[0]["turn"]
    assert (await li.post("/feedback", {"turn": answers[0]["turn"], "useful": True})).status == 404


async def test_two_citizens_keep_their_own_state(stranger: Program) -> None:
    zhang, li = await citizen(stranger), await citizen(stranger, "li")
    await said(zhang, KNOWN_QUESTION)
    assert "没有需要评价" in (await said(li, "有用"))["text"]
    assert "谢谢您的评价" in (await said(zhang, "有用"))["text"]


async def test_what_people_say_later_is_fetched_and_never_sent(
    here: Here, stranger: Program, clock: Clock
) -> None:
    zhang = await citizen(stranger)
    await said(zhang, "人工")
    user = (await here.stores.mongo.collection("handoffs").find_one({}) or {})["user"]
    item = OutboxItem("desk-1", "app", user, (Text("您好，我是 3 号坐席。"),), clock())
    assert await here.stores.outbox.put(item)
    got = await zhang.get("/messages")
    assert [each["text"] for each in got.body["items"]] == ["您好，我是 3 号坐席。"]
    after = (clock() + timedelta(seconds=1)).isoformat()
    assert (await zhang.get("/messages", after=after)).body["items"] == []
    assert (await (await citizen(stranger, "li")).get("/messages")).body["items"] == []


async def test_whoever_wants_to_be_forgotten_is(here: Here, stranger: Program) -> None:
    zhang = await citizen(stranger)
    await said(zhang, KNOWN_QUESTION)
    user = (await here.stores.mongo.collection("turns").find_one({}) or {})["inbound"]["user"]
    got = await zhang.ask("DELETE", "/me")
    assert (got.status, got.body) == (204, None)
    left = [each for each in await all_documents(here.stores.mongo) if user in repr(each)]
    assert left == []


async def test_a_session_ends_and_can_not_be_bent(stranger: Program, clock: Clock) -> None:
    zhang = await citizen(stranger)
    for bent in (zhang.token[:-1] + ("0" if zhang.token[-1] != "0" else "1"), "ljs_x", "", "ljt_" + "a" * 43):
        got = await Program(stranger.session, stranger.url, bent).post("/ask", {"text": "x"})
        assert (got.status, got.headers["WWW-Authenticate"]) == (401, "Bearer")
    name, ends, signature = zhang.token.removeprefix("ljs_").split(".")
    longer = f"ljs_{name}.{int(ends) + 9999}.{signature}"
    assert (await Program(stranger.session, stranger.url, longer).post("/ask", {"text": "x"})).status == 401
    clock.advance(hours=2)
    assert (await zhang.post("/ask", {"text": "x"})).status == 401
    assert (await zhang.get("/entries")).status == 401


async def test_what_everybody_may_read(stranger: Program) -> None:
    hall = (await stranger.get("/hall")).body
    assert hall["name"] == "测试县政务服务中心"
    assert hall["categories"][0] == {"id": "social", "name": "社会保障"}
    assert [each["id"] for each in (await stranger.get("/departments")).body["items"]] == ["hrss", "mca"]
    guides = (await stranger.get("/guides", q="社保卡", department="hrss")).body
    assert [each["id"] for each in guides["items"]] == ["card"]
    assert (await stranger.get("/guides", department="mca")).body["items"] == []
    assert (await stranger.get("/guides/card")).body["steps"] == [{"text": "到窗口", "sometimes": False}]
    assert (await stranger.get("/guides/nothing")).status == 404
    entry = (await stranger.get("/entries-public/pension")).body
    assert entry["answer"] == "养老金每月 15 日前发放。"
    draft = await stranger.get("/entries-public/nothing")
    assert (draft.status, draft.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.fixture
async def platform(clock: Clock) -> AsyncIterator[PlatformApi]:
    async with platform_api(MINI, clock=clock) as api:
        yield api


@pytest.fixture
async def real(
    mongo_server: EmbeddedServer, api_database: str, clock: Clock, tmp_path: Any, platform: PlatformApi
) -> AsyncIterator[Program]:
    """The mini-program of a hall in production, without a login."""
    settings = make_settings(tmp_path, **PRODUCTION, **account_settings(MINI, api_url=platform.url))
    async with running_here(settings, mongo_server.uri, api_database, clock=clock) as here:
        async with ClientSession() as session:
            yield Program(session, here.url)
        await empty(here.stores.mongo)


async def test_the_platform_says_who_somebody_is(real: Program, platform: PlatformApi) -> None:
    for code in ("c1", "c2"):
        platform.world.logins[code] = {"openid": "oZhang", "session_key": "k"}
    first = await real.post("/sessions", {"code": "c1"})
    assert first.status == 201
    assert "oZhang" not in repr(first)
    again = await real.post("/sessions", {"code": "c2"})
    assert first.body["token"] == again.body["token"]  # the same person at the same second
    used = await real.post("/sessions", {"code": "c1"})
    assert (used.status, used.detail) == (401, "登录凭证无效或已经用过，请重新登录。")
    assert (await said(Program(real.session, real.url, first.body["token"]), KNOWN_QUESTION))[
        "kind"
    ] == "match"


async def test_a_snapshot_identity_gets_no_session(real: Program, platform: PlatformApi) -> None:
    platform.world.logins["c"] = {"openid": "oNobody", "session_key": "k", "is_snapshotuser": 1}
    got = await real.post("/sessions", {"code": "c"})
    assert got.status == 403
    assert "使用完整服务" in got.detail


async def test_nobody_is_simulated_in_production(real: Program) -> None:
    got = await real.post("/sessions", {"code": "sim:zhang"})
    assert got.status == 401


async def test_a_platform_in_trouble_is_no_wrong_login(real: Program, platform: PlatformApi) -> None:
    platform.faults.plan("page", path="/sns/jscode2session", times=4)
    got = await real.post("/sessions", {"code": "c"})
    assert (got.status, got.headers["Retry-After"]) == (503, "5")


async def test_without_a_mini_program_nobody_logs_in(
    mongo_server: EmbeddedServer, api_database: str, tmp_path: Any
) -> None:
    settings = make_settings(tmp_path, **PRODUCTION, **account_settings(OFFICIAL))
    async with running_here(settings, mongo_server.uri, api_database) as here, ClientSession() as session:
        got = await Program(session, here.url).post("/sessions", {"code": "sim:x"})
        assert (got.status, got.detail) == (503, "小程序登录还没有配置，请联系管理员。")
        await empty(here.stores.mongo)
