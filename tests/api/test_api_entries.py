from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.api_tokens import issue
from tests.api.conftest import Program, hired
from tests.faults.waiting import until
from tests.running import Clock, Here

pytestmark = pytest.mark.slow
DRAFT: dict[str, Any] = {
    "question": "高龄津贴怎么申请？",
    "answer": "80 岁以上老人可以申请高龄津贴，请带身份证到 3 号窗口。",
    "alternates": ["高龄补贴怎么领", "八十岁老人有钱领吗"],
    "department": "hrss",
    "category": "social",
    "links": [{"title": "湖北政务服务网", "url": "https://zwfw.hubei.gov.cn/x"}],
    "basis": [{"name": "老年人权益保障法", "number": "主席令第 72 号"}],
    "valid_until": "2099-12-31",
}


async def drafted(program: Program, **changes: Any) -> str:
    got = await program.post("/entries", {**DRAFT, **changes})
    assert got.status == 201, got
    assert got.headers["Location"] == f"/api/v1/entries/{got.body['id']}"
    return str(got.body["id"])


async def test_from_a_draft_to_an_answer_with_four_eyes(here: Here, stranger: Program) -> None:
    editor = await hired(here, stranger, "li", "editor", "reviewer")
    other = await hired(here, stranger, "wang", "reviewer")
    entry_id = await drafted(editor)
    got = await editor.get(f"/entries/{entry_id}")
    assert got.headers["ETag"] == '"1"'
    assert (got.body["state"], got.body["live"]) == ("draft", None)
    assert got.body["content"]["basis"] == [{**DRAFT["basis"][0], "url": ""}]
    assert "submit" in got.body["actions"]
    assert "approve" not in got.body["actions"]
    assert (await stranger.get(f"/entries-public/{entry_id}")).status == 404

    assert (await editor.step(entry_id, "submit")).body["state"] == "in_review"
    refused = await editor.step(entry_id, "approve")
    assert (refused.status, refused.body["type"]) == (409, "urn:lingjuli:problem:step-refused")
    assert "不能自己审核" in refused.detail
    assert refused.body["errors"][0]["field"] == "four_eyes"
    assert (await other.step(entry_id, "approve")).body["state"] == "ready"
    assert (await other.step(entry_id, "publish")).body["live"]["question"] == DRAFT["question"]

    async def answers() -> bool:
        return (await stranger.get(f"/entries-public/{entry_id}")).status == 200

    await until(answers)
    log = await here.stores.audit.read(target=f"entry:{entry_id}")
    assert [each.action for each in log] == ["entry.publish", "entry.approve", "entry.submit", "entry.create"]
    assert [each.login for each in log] == ["wang", "wang", "li", "li"]
    assert log[0].after["token"] == "wang 的程序"
    history = await other.get(f"/entries/{entry_id}/revisions")
    assert [each["action"] for each in history.body["items"]] == ["publish", "approve", "submit", "create"]
    first = await other.get(f"/entries/{entry_id}/revisions/1")
    assert first.body["content"]["question"] == DRAFT["question"]
    for number in ("99", "0", "x", "1e3", "9" * 40):
        assert (await other.get(f"/entries/{entry_id}/revisions/{number}")).status == 404


async def test_of_two_programs_the_second_is_told(here: Here, stranger: Program) -> None:
    one, two = await hired(here, stranger, "li", "editor"), await hired(here, stranger, "zhao", "editor")
    read = (await one.get("/entries/pension")).body
    change = {**read["content"], "answer": "养老金每月 16 日前发放。"}
    tag = f'"{read["version"]}"'
    assert (await one.put("/entries/pension", change)).status == 428
    assert (await one.put("/entries/pension", change, **{"If-Match": tag})).status == 200
    late = await two.put("/entries/pension", {**change, "answer": "17 日"}, **{"If-Match": tag})
    assert late.status == 412
    assert "又被改过" in late.detail
    also = await two.post("/entries/pension/steps", {"action": "submit", "version": read["version"]})
    assert also.status == 412
    now = (await two.get("/entries/pension")).body
    assert now["content"]["answer"] == "养老金每月 16 日前发放。"
    assert now["live"]["answer"] == "养老金每月 15 日前发放。"
    same = await one.put("/entries/pension", {**now["content"], "version": now["version"]})
    assert (same.status, same.body["errors"][0]["field"]) == (409, "unchanged")
    back = await one.step("pension", "restore", revision=1)
    assert back.body["content"]["answer"] == "养老金每月 15 日前发放。"


async def test_schedule_send_back_and_withdraw(here: Here, stranger: Program, clock: Clock) -> None:
    editor = await hired(here, stranger, "li", "editor")
    other = await hired(here, stranger, "wang", "reviewer")
    entry_id = await drafted(editor)
    await editor.step(entry_id, "submit")
    assert "要改什么" in (await other.step(entry_id, "request_changes")).detail
    sent = await other.step(entry_id, "request_changes", note="请写窗口")
    assert (sent.body["state"], sent.body["note"]) == ("changes_wanted", "请写窗口")
    await editor.step(entry_id, "submit")
    await other.step(entry_id, "approve")
    assert (await other.step(entry_id, "schedule")).body["errors"][0]["field"] == "at"
    past = clock() - timedelta(hours=1)
    assert (await other.step(entry_id, "schedule", at=past.isoformat())).status == 409
    assert (await other.step(entry_id, "schedule", at="9999-12-31T23:59:59-14:00")).status == 422
    assert (await other.step(entry_id, "schedule", at="2030-01-01T08:00:00")).status == 422
    soon = clock() + timedelta(hours=1)
    assert (await other.step(entry_id, "schedule", at=soon.isoformat())).body["state"] == "scheduled"
    assert (await other.step(entry_id, "unschedule")).body["state"] == "ready"
    assert (await other.step(entry_id, "publish")).body["state"] == "published"
    assert (await other.step(entry_id, "review")).body["errors"][0]["field"] == "next_on"
    assert (await other.step(entry_id, "review", next_on="2098-01-01")).status == 200
    assert (await other.step(entry_id, "withdraw")).status == 409
    gone = await other.step(entry_id, "withdraw", note="政策变了")
    assert (gone.body["state"], gone.body["live"]) == ("withdrawn", None)


async def test_a_department_keeps_to_its_own(here: Here, stranger: Program) -> None:
    mca = await hired(here, stranger, "li", "editor", "reviewer", departments=("mca",))
    rows = (await mca.get("/entries")).body
    assert [each["id"] for each in rows["items"]] == ["marriage"]
    assert (await mca.get("/entries", department="hrss")).body["items"] == []
    for got in (
        await mca.get("/entries/pension"),
        await mca.get("/entries/pension/revisions"),
        await mca.put("/entries/pension", {**DRAFT, "version": 1}),
        await mca.post("/entries/pension/steps", {"action": "withdraw", "note": "x", "version": 1}),
        await mca.post("/entries", DRAFT),
    ):
        assert got.status == 403, got
    moved = (await mca.get("/entries/marriage")).body
    into = {**moved["content"], "department": "hrss", "version": moved["version"]}
    assert (await mca.put("/entries/marriage", into)).status == 403


async def test_a_token_never_does_more_than_its_owner_now(
    here: Here, stranger: Program, clock: Clock
) -> None:
    reader = await hired(here, stranger, "li", "admin", permissions=("entries.read",))
    assert (await reader.get("/entries")).status == 200
    assert (await reader.post("/entries", DRAFT)).status == 403
    assert (await reader.step("pension", "withdraw", note="x")).status == 403
    editor = await hired(here, stranger, "zhao", "editor")
    assert (await editor.post("/entries", DRAFT)).status == 201
    zhao = await here.stores.staff.by_login("zhao")
    assert zhao is not None
    assert await here.stores.staff.save(replace(zhao, roles=("reader",)))
    assert (await editor.post("/entries", {**DRAFT, "question": "另一个"})).status == 403
    assert (await editor.get("/entries")).status == 200
    zhao = await here.stores.staff.by_login("zhao")
    assert zhao is not None
    assert await here.stores.staff.save(replace(zhao, disabled=True))
    assert (await editor.get("/entries")).status == 401
    token = (await here.stores.api_tokens.of_staff("id-li"))[0]
    assert token.used_at is not None
    clock.advance(days=31)
    assert (await reader.get("/entries")).status == 401
    clock.advance(days=-31)
    assert await here.stores.api_tokens.revoke(token.id, staff_id="id-li")
    assert (await reader.get("/entries")).status == 401
    _, foreign = issue(zhao, "x", ("entries.read",), now=clock(), days=30)
    assert (await replace(stranger, token=foreign).get("/entries")).status == 401


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"question": ""}, "question", "请填写标准问题"),
        ({"question": "问" * 61}, "question", "最多 60 个字"),
        ({"department": "nobody"}, "department", "没有这个部门"),
        ({"category": "nothing"}, "category", "没有这个分类"),
        ({"links": [{"title": "x", "url": "javascript:alert(1)"}]}, "links", "https://"),
        ({"alternates": ["养老金每月几号发放"]}, "alternates", "已经是"),
        ({"answer": "a\x00b"}, "answer", "不允许的字符"),
        ({"audience": "cats"}, "audience", "只能是"),
        ({"links": [{"title": "x", "url": "https://a.cn", "more": 1}]}, "links/0/more", "没有这一项"),
        ({"state": "published"}, "state", "没有这一项"),
        ({"valid_until": "tomorrow"}, "valid_until", "格式不对"),
        ({"answer_at": 7}, "answer_at", "不能大于 1"),
    ],
)
async def test_a_mistake_is_named_by_field(
    here: Here, stranger: Program, changes: dict[str, Any], field: str, why: str
) -> None:
    editor = await hired(here, stranger, "li", "editor")
    got = await editor.post("/entries", {**DRAFT, **changes})
    assert (got.status, got.headers["Content-Type"]) == (422, "application/problem+json")
    assert field in [each["field"] for each in got.body["errors"]]
    assert why in str(got.body["errors"])


async def test_filters_and_pages(here: Here, stranger: Program) -> None:
    editor = await hired(here, stranger, "li", "editor")
    for number in range(51):
        await drafted(editor, question=f"第 {number} 号事项怎么办", alternates=[])

    async def ids(**query: Any) -> list[str]:
        return [each["question"] for each in (await editor.get("/entries", **query)).body["items"]]

    first = (await editor.get("/entries", state="draft")).body
    assert (first["total"], first["pages"], len(first["items"])) == (51, 2, 50)
    assert len(await ids(state="draft", page=2)) == 1
    assert (await editor.get("/entries", page=1_000_000)).body["page"] == 2
    assert await ids(q="养老金 15") == ["养老金每月几号发放"]
    assert await ids(category="life") == ["结婚登记要带什么"]
    assert len(await ids(mine="true")) == 50
    assert await ids(due="true") == []
    assert (await ids(order="question", state="published"))[0] == "养老金每月几号发放"
    for wrong in ({"page": "0"}, {"state": "x"}, {"nothing": "1"}, {"q": "a\x00b"}, {"department": "$ne"}):
        assert (await editor.get("/entries", **wrong)).status == 422
