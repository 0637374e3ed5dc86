from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import FormData

from knowledge.entries import Entry
from tests.console.conftest import Browser, NewBrowser, Seen, signed_in
from tests.faults.waiting import until
from tests.running import Clock, Here

pytestmark = pytest.mark.slow
FIELDS = {
    "question": "高龄津贴怎么申请？",
    "answer": "80 岁以上老人可以申请高龄津贴，请带身份证到 3 号窗口。",
    "alternates": "1. 高龄补贴怎么领\n2、八十岁老人有钱领吗\n\n- 老年人津贴在哪办",
    "keywords": "高龄津贴、老人，补贴",
    "department": "hrss",
    "category": "social",
    "guide": "card",
    "audience": "person",
    "links": "湖北政务服务网 https://zwfw.hubei.gov.cn/x",
    "basis": "老年人权益保障法｜主席令第 72 号｜https://www.gov.cn/a",
    "valid_from": "2026-01-01",
    "valid_until": "2099-12-31",
    "review_on": "2027-11-01",
    "token": "0",
}


async def written(browser: Browser, **changes: str) -> str:
    """Write an entry and give its id."""
    seen = await browser.post("/entries/new", **{**FIELDS, **changes})
    assert seen.status == 200, seen.text
    found = re.match(r"/console/entries/(e[0-9a-f]+)\?done=entry_saved", seen.path)
    assert found, seen.path
    return found[1]


async def step(browser: Browser, entry_id: str, action: str, **fields: str) -> Seen:
    page = await browser.get(f"/entries/{entry_id}")
    token = re.search(r'name="token" value="(\d+)"', page.text)
    return await browser.post(f"/entries/{entry_id}/{action}", token=token[1] if token else "0", **fields)


async def answer_in_the_chat(here: Here, text: str) -> str | None:
    snapshot = here.parts.snapshots.current
    assert snapshot is not None
    decision = snapshot.decide(text)
    return getattr(decision, "id", None)


async def test_from_a_draft_to_an_answer_with_four_eyes(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor", "reviewer")
    other = await signed_in(here, new_browser, "wang", "reviewer")
    entry_id = await written(editor)
    page = (await editor.get(f"/entries/{entry_id}")).text
    assert "草稿" in page
    assert "湖北政务服务网" in page
    assert await answer_in_the_chat(here, FIELDS["question"]) != entry_id

    assert "已提交审核" in (await step(editor, entry_id, "submit")).text
    refused = await step(editor, entry_id, "approve")
    assert refused.status == 422
    assert "不能自己审核" in refused.text
    assert "审核通过，可以发布了" in (await step(other, entry_id, "approve")).text
    assert "已发布" in (await step(other, entry_id, "publish")).text
    await until(lambda: _answers(here, entry_id))
    entry = here.parts.snapshots.current.entries[entry_id]  # type: ignore[union-attr]
    assert entry.alternates == ("高龄补贴怎么领", "八十岁老人有钱领吗", "老年人津贴在哪办")
    assert entry.keywords == ("高龄津贴", "老人", "补贴")
    assert entry.basis[0].number == "主席令第 72 号"
    log = [event.action for event in await here.stores.audit.read(target=f"entry:{entry_id}")]
    assert log == ["entry.publish", "entry.approve", "entry.submit", "entry.create"]


async def _answers(here: Here, entry_id: str) -> bool:
    return await answer_in_the_chat(here, str(FIELDS["question"])) == entry_id


async def test_a_published_answer_stays_until_the_new_one_is_out(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    other = await signed_in(here, new_browser, "wang", "reviewer")
    form = await form_fields(editor, "pension")
    form["answer"] = "养老金每月 18 日前发放。"
    assert "已保存" in (await editor.post("/entries/pension/edit", **form)).text
    page = (await editor.get("/entries/pension")).text
    assert "市民现在看到的还是原来发布的内容" in page
    assert "1<del>5</del> 日" in page
    assert "1<ins>8</ins> 日" in page
    await step(editor, "pension", "submit")
    await step(other, "pension", "approve")
    await step(other, "pension", "publish")

    def swapped() -> bool:
        snapshot = here.parts.snapshots.current
        return snapshot is not None and "18 日" in snapshot.entries["pension"].answer

    await until(_async(swapped))


def _async(check: Any) -> Any:
    async def asked() -> bool:
        return bool(check())

    return asked


async def form_fields(browser: Browser, entry_id: str) -> dict[str, str]:
    """What the editor's form holds, as a browser would send it back."""
    page = (await browser.get(f"/entries/{entry_id}/edit")).text
    fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    fields |= dict(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL))
    for name, options in re.findall(r'<select[^>]* name="(\w+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    fields.pop("person_only", None)
    return fields


async def test_two_clerks_at_one_entry_lose_nothing(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "li", "editor")
    second = await signed_in(here, new_browser, "zhao", "editor")
    one, two = await form_fields(first, "pension"), await form_fields(second, "pension")
    one["answer"], two["answer"] = "养老金每月 16 日前发放。", "养老金每月 17 日前发放，遇节假日顺延。"
    await first.post("/entries/pension/edit", **one)
    seen = await second.post("/entries/pension/edit", **two)
    assert seen.status == 409
    assert "li 同志改过这一条" in seen.text
    assert "17 日前发放，遇节假日顺延" in seen.text
    assert "16 日" in re.sub(r"</?(ins|del)>", "", seen.text)
    token = re.search(r'name="token" value="(\d+)"', seen.text)
    assert token
    again = await second.post("/entries/pension/edit", **{**two, "token": token[1]})
    assert again.status == 200
    history = (await second.get("/entries/pension/history")).text
    assert "li 同志" in history
    assert "zhao 同志" in history


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"question": ""}, "请填写标准问题"),
        ({"answer": "  \n "}, "请填写答案"),
        ({"question": "问" * 61}, "最多 60 个字"),
        ({"answer": "答" * 501}, "请精简"),
        ({"department": ""}, "请选择部门"),
        ({"category": "moon"}, "请选择分类"),
        ({"links": "没有网址"}, "里没有网址"),
        ({"links": "名称 http://a.cn"}, "要以 https:// 开头"),
        ({"links": "名称 javascript://a.cn/%0aalert(1)"}, "要以 https:// 开头"),
        ({"basis": "a｜b｜https://a.cn｜d"}, "文件名称｜文号｜网址"),
        ({"valid_from": "2026-02-30"}, "2026-11-23 这样的日期"),
        ({"valid_from": "2027-01-02", "valid_until": "2027-01-01"}, "结束日期早于开始日期"),
        ({"alternates": "社保卡丢了怎么补办"}, "已经是“社保卡丢了怎么补办”的问法"),
        ({"alternates": FIELDS["question"]}, "是同一个问法"),
        ({"answer_at": "101"}, "0 到 100 之间的整数"),
    ],
)
async def test_a_mistake_is_named_at_its_field_and_what_was_typed_stays(
    here: Here, new_browser: NewBrowser, changes: dict[str, str], why: str
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    seen = await editor.post("/entries/new", **{**FIELDS, **changes})
    assert seen.status == 422
    assert why in seen.text
    typed = changes.get("answer", FIELDS["answer"]).strip()
    assert typed[:20] in seen.text
    assert await here.count("dossiers", author="id-li") == 0


async def test_who_works_for_one_department_sees_and_writes_only_its_entries(
    here: Here, new_browser: NewBrowser
) -> None:
    own = await signed_in(here, new_browser, "li", "editor", "reviewer", departments=("mca",))
    page = (await own.get("/entries")).text
    assert "结婚登记要带什么" in page
    assert "社保卡" not in page
    assert "社保卡" not in (await own.get("/entries?department=hrss")).text
    for method, path in (
        ("GET", ""),
        ("GET", "/edit"),
        ("GET", "/history"),
        ("GET", "/effect"),
        ("POST", "/submit"),
    ):
        seen = await own.ask(method, f"/entries/pension{path}", headers={"Sec-Fetch-Site": "same-origin"})
        assert seen.status == 403, path
    assert (await own.post("/entries/new", **FIELDS)).status == 403
    moved = {**(await form_fields(own, "marriage")), "department": "hrss"}
    assert (await own.post("/entries/marriage/edit", **moved)).status == 403


async def test_an_editor_does_not_publish_and_a_reviewer_does_not_write(
    here: Here, new_browser: NewBrowser
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    reviewer = await signed_in(here, new_browser, "wang", "reviewer")
    reader = await signed_in(here, new_browser, "du", "reader")
    entry_id = await written(editor)
    assert (await reviewer.get(f"/entries/{entry_id}/edit")).status == 403
    assert (await step(reader, entry_id, "submit")).status == 403
    await step(editor, entry_id, "submit")
    assert (await step(editor, entry_id, "approve")).status == 403
    await step(reviewer, entry_id, "approve")
    assert (await step(editor, entry_id, "publish")).status == 403
    assert (await step(reader, entry_id, "publish")).status == 403
    assert (await reader.get(f"/entries/{entry_id}")).status == 200


async def test_sent_back_with_a_reason_and_mended(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    reviewer = await signed_in(here, new_browser, "wang", "reviewer")
    entry_id = await written(editor)
    await step(editor, entry_id, "submit")
    assert (await step(reviewer, entry_id, "request_changes")).status == 422
    await step(reviewer, entry_id, "request_changes", note="窗口号写错了")
    page = (await editor.get(f"/entries/{entry_id}")).text
    assert "wang 同志：窗口号写错了" in page
    assert "待修改" in page


async def test_published_at_its_time_and_not_before(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    reviewer = await signed_in(here, new_browser, "wang", "reviewer")
    entry_id = await written(editor)
    await step(editor, entry_id, "submit")
    await step(reviewer, entry_id, "approve")
    assert (await step(reviewer, entry_id, "schedule", at="昨天")).status == 422
    assert (await step(reviewer, entry_id, "schedule", at="2020-01-01T08:00")).status == 422
    moment = (clock.now + timedelta(hours=8, minutes=30)).strftime("%Y-%m-%dT%H:%M")
    assert "已定好发布时间" in (await step(reviewer, entry_id, "schedule", at=moment)).text
    clock.advance(minutes=31)

    async def published() -> bool:
        return await here.count("dossiers", _id=entry_id, **{"entry.state": "published"}) == 1

    await until(published)


async def test_withdrawn_at_once_and_restored_from_its_history(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    assert (await step(boss, "pension", "withdraw")).status == 422
    assert "不再用它回答市民" in (await step(boss, "pension", "withdraw", note="文件已废止")).text

    async def silent() -> bool:
        return await answer_in_the_chat(here, "养老金每月几号发放") != "pension"

    await until(silent)
    revisions = await here.stores.editorial.revisions("pension")
    page = await boss.get(f"/entries/pension/history/{revisions[-1].number}")
    assert page.status == 200
    assert (await boss.get("/entries/pension/history/999")).status == 404
    assert (await boss.get("/entries/pension/history/x")).status == 404


async def test_a_preview_saves_nothing_and_counts_bytes(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    seen = await editor.post("/entries/new", **{**FIELDS, "go": "preview"})
    assert seen.status == 200
    assert "办事指南：社保卡补办" in seen.text
    assert re.search(r"\d{3} 字节，一条最多 2000 字节", seen.text)
    assert await here.count("dossiers", author="id-li") == 0
    live = await editor.post("/entries/preview", **FIELDS)
    assert "80 岁以上老人" in live.text
    assert "<html" not in live.text


async def test_entries_that_ask_the_same_are_shown_while_typing(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    near = (await editor.post("/entries/near", question="社保卡丢了怎么补办呢")).text
    assert "很可能是同一件事" in near
    assert "/console/entries/card-lost" in near
    assert (
        "card-lost"
        not in (await editor.post("/entries/near", question="社保卡丢了怎么补办", id="card-lost")).text
    )
    assert "card-lost" not in (await editor.post("/entries/near", question="宇宙飞船驾照怎么考")).text


async def test_a_trial_shows_why_and_leads_on(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    page = (await editor.get("/try?q=社保卡不见了怎么补")).text
    assert "直接回答" in page
    assert "最接近的问法" in page
    assert "/console/entries/card-lost/edit?add=" in page
    unknown = (await editor.get("/try?q=宇宙飞船驾照")).text
    assert "答不上来" in unknown
    assert "/console/entries/new?question=" in unknown
    added = (await editor.get("/entries/card-lost/edit?add=社保卡掉河里了&add=<b>")).text
    assert "社保卡掉河里了\n&lt;b&gt;</textarea>" in added


async def test_what_a_change_does_to_known_questions_is_listed(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    form = await form_fields(editor, "card-lost")
    form |= {"question": "残疾证丢了怎么补", "alternates": "补残疾证", "keywords": ""}
    await editor.post("/entries/card-lost/edit", **form)
    page = (await editor.get("/entries/card-lost/effect")).text
    assert "重新问了一遍" in page


async def test_a_long_list_has_pages_and_a_search_that_finds(here: Here, new_browser: NewBrowser) -> None:
    many = [
        Entry(
            f"n{number:03}", f"第 {number} 项业务怎么办理", "请到窗口。", "hrss", "social", state="published"
        )
        for number in range(120)
    ]
    await here.stores.knowledge.put_entries(many)
    reader = await signed_in(here, new_browser, "du", "reader")
    first = (await reader.get("/entries")).text
    assert "第 1 页，共 3 页、123 条" in first
    assert "第 3 页" in (await reader.get("/entries?page=99")).text
    assert "第 1 页" in (await reader.get("/entries?page=-1")).text
    found = (await reader.get("/entries?q=第 77 项")).text
    assert "第 77 项业务" in found
    assert "第 78 项业务" not in found
    assert "没有符合条件的问答" in (await reader.get("/entries?q=$where.*")).text


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "${7*7}#{7*7}",
    "'; DROP TABLE entries; --",
    "javascript:alert(1)",
    "</textarea><script>alert(1)</script>",
    "\u202e\u0000\ud83d",
    "../../etc/passwd",
    "a\r\nSet-Cookie: x=y",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_words_stay_words_in_every_field(
    here: Here, new_browser: NewBrowser, text: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin", "editor")
    hostile = text.encode("utf-8", "replace").decode()
    pages: list[Seen] = []
    for field in FIELDS:
        pages.append(await boss.post("/entries/new", **{**FIELDS, field: hostile}))
        pages.append(await boss.post("/entries/pension/edit", **{**FIELDS, field: hostile}))
        pages.append(await boss.post("/entries/pension/publish", **{"token": "1", field: hostile}))
    names = "q state department category page due login action target before done add question back"
    for path in ("/entries", "/try", "/audit", "/entries/new", "/entries/pension/edit"):
        pages += [await boss.ask("GET", path, params={name: hostile}) for name in names.split()]
    for seen in pages:
        assert seen.status in {200, 403, 404, 409, 422}, seen
        assert "<script>alert" not in seen.text
        assert "onerror=alert(1)>" not in seen.text.replace("&gt;", "")
        assert (
            "49" not in seen.text.split("<main", 1)[1].split("</main>")[0].replace("{{ 7*7 }}", "")
            or text != HOSTILE[2]
        )
        assert "Set-Cookie" not in seen.headers
        assert 'href="javascript:' not in seen.text


async def test_a_form_that_is_no_form_is_refused(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    data = FormData()
    data.add_field("question", b"\x00" * 100, filename="x.bin")
    seen = await editor.ask("POST", "/entries/new", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert seen.status == 422
    big = await editor.ask(
        "POST",
        "/entries/new",
        data=BytesIO(b"answer=" + b"x" * 2_000_000),
        headers={"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert big.status == 413
    assert "内容太大" in big.text


async def test_the_editor_form_gives_back_an_entry_as_it_was(here: Here, new_browser: NewBrowser) -> None:
    """What is opened and saved without a change is no change."""
    editor = await signed_in(here, new_browser, "li", "editor")
    entry_id = await written(editor)
    form = await form_fields(editor, entry_id)
    seen = await editor.post(f"/entries/{entry_id}/edit", **form)
    assert seen.status == 422
    assert "内容没有变化" in seen.text
    assert await here.count("revisions", entry_id=entry_id) == 1


async def test_the_home_page_says_what_waits_for_whom(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    reviewer = await signed_in(here, new_browser, "wang", "reviewer")
    assert "没有等您处理的问答" in (await reviewer.get("")).text
    entry_id = await written(editor)
    assert "没写完的草稿" in (await editor.get("")).text
    await step(editor, entry_id, "submit")
    assert "等待审核" in (await reviewer.get("")).text
    assert "等待审核" not in (await editor.get("")).text
