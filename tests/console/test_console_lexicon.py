"""Words, colloquial names, sensitive words and sentences of the hall."""

from __future__ import annotations

import re

import pytest

from handlers import texts
from tests.console.conftest import NewBrowser, signed_in
from tests.console.test_console_hall import seen_on, send, stored, swapped
from tests.running import Here

pytestmark = pytest.mark.slow


async def test_pasted_lines_become_words_and_names(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    fields = {
        "words": "惠农一卡通\r\n\r\n 鄂汇办、 帮办代办",
        "aliases": "农合 = 城乡居民医保\n吃低保→领取低保\n  社保办=>人社局\n医保卡：社保卡",
    }
    await send(boss, "/hall/words", fields)
    hall = await stored(here)
    assert hall.words == ("惠农一卡通", "鄂汇办", "帮办代办")
    assert [(each.said, each.name) for each in hall.aliases] == [
        ("农合", "城乡居民医保"),
        ("吃低保", "领取低保"),
        ("社保办", "人社局"),
        ("医保卡", "社保卡"),
    ]
    await swapped(here, "惠农一卡通")
    snapshot = here.parts.snapshots.current
    assert snapshot is not None
    assert "惠农一卡通" in snapshot.index.analyser.read("惠农一卡通怎么查").words
    (event,) = await here.stores.audit.read(action="hall.words")
    assert event.after["aliases"].startswith("农合 = 城乡居民医保、")
    await send(boss, "/hall/words", {**fields, "words": "惠农一卡通\n鄂汇办"})
    event = (await here.stores.audit.read(action="hall.words"))[0]
    assert (event.before, event.after) == ({"words": "帮办代办"}, {"words": ""})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"words": "鄂汇办\n鄂汇办"}, "“鄂汇办”重复了"),
        ({"words": "ABC通\nａｂｃ通"}, "“ａｂｃ通”和“ABC通”是同一个词"),
        ({"words": "？？？"}, "里没有文字"),
        ({"words": "县"}, "只有一个字"),
        ({"words": "很" * 31}, "超过 30 个字"),
        ({"words": "\n".join(f"词语{n}号" for n in range(2001))}, "最多 2000 个词"),
        ({"aliases": "农合"}, "第 1 行“农合”要写成：俗称 = 正式名称"),
        ({"aliases": "\n = 城乡居民医保"}, "第 2 行"),
        ({"aliases": "农合 ="}, "第 1 行"),
        ({"aliases": "农合 = 甲\n农合 = 乙"}, "“农合”重复了"),
        ({"aliases": "农合 = 农合"}, "俗称和正式名称一样"),
        ({"aliases": "农合 = 新农合\n新农合 = 城乡居民医保"}, "请直接写：农合 = 城乡居民医保"),
        ({"aliases": "保 = 社会保险"}, "只有一个字"),
    ],
)
async def test_a_bad_line_is_named_and_all_lines_stay(
    here: Here, new_browser: NewBrowser, fields: dict[str, str], why: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await boss.post("/hall/words", **fields, seen=await seen_on(boss, "/hall/words"))
    assert seen.status == 422
    assert why in seen.text
    (typed,) = fields.values()
    assert typed.splitlines()[-1].strip() in seen.text
    assert (await stored(here)).words == ()


async def test_a_name_that_hides_another_is_allowed_and_pointed_out(
    here: Here, new_browser: NewBrowser
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    await send(boss, "/hall/words", {"aliases": "五险一金 = 职工社保\n农合 = 医保\n新农合 = 城乡居民医保"})
    page = (await boss.get("/hall/words")).text
    assert "“五险一金”盖住了内置的“五险一金 = 社会保险 住房公积金”" in page
    assert "“农合”也包含在“新农合”里" in page


async def test_a_sentence_is_tried_before_saving(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    mark = await seen_on(boss, "/hall/words")
    before = await here.stores.knowledge.hall()
    seen = await boss.post(
        "/hall/words",
        words="青禾惠农宝",
        aliases="惠农宝 = 社保卡",
        sentence="青禾惠农宝丢了，社宝卡咋办",
        do="try",
        seen=mark,
    )
    assert seen.status == 200
    trial = seen.text[seen.text.index('id="trial"') :]
    now, then = trial[: trial.index("改后读作")], trial[trial.index("改后读作") :]
    assert ">青禾惠农宝</span>" not in now
    assert '<span class="tag accent">青禾惠农宝</span>' in then
    assert "“社宝”按读音当作“社保”" in then
    assert "“惠农宝”就是“社保卡”" in then
    assert f'name="seen" value="{mark}"' in seen.text
    assert "青禾惠农宝</textarea>" in seen.text
    assert await here.stores.knowledge.hall() == before
    assert (await boss.post("/hall/words", do="try", sentence="", seen=mark)).status == 422


async def test_sensitive_words_are_kept_and_used(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await boss.post(
        "/hall/sensitive", sensitive="抢购茅台\n彩票内幕", seen=await seen_on(boss, "/hall/sensitive")
    )
    assert "已保存" in seen.text
    assert (await stored(here)).sensitive == ("抢购茅台", "彩票内幕")
    (event,) = await here.stores.audit.read(action="hall.sensitive")
    assert event.after == {"sensitive": "抢购茅台、彩票内幕"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("黄", "太短，至少 2 个字"),
        ("茅！", "太短，至少 2 个字"),
        ("抢购\n搶購", "“搶購”和“抢购”是同一个词"),
        ("傻逼", "内置词已经拦下了"),
        ("长" * 31, "太长"),
        ("\n".join(f"词语{n}号" for n in range(201)), "最多 200 个词"),
    ],
)
async def test_a_bad_sensitive_word_is_named(
    here: Here, new_browser: NewBrowser, words: str, why: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    mark = await seen_on(boss, "/hall/sensitive")
    seen = await boss.post("/hall/sensitive", sensitive=words, seen=mark)
    assert seen.status == 422
    assert why in seen.text
    assert words.split("\n", maxsplit=1)[0] in seen.text
    assert (await stored(here)).sensitive == ()


async def test_a_word_that_silences_an_own_answer_is_asked_about(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    mark = await seen_on(boss, "/hall/sensitive")
    seen = await boss.post("/hall/sensitive", sensitive="结婚\n抢购", seen=mark)
    assert seen.status == 422
    assert "“结婚”：结婚登记要带什么" in seen.text
    assert "社保卡" not in seen.text
    assert (await stored(here)).sensitive == ()
    await boss.post("/hall/sensitive", sensitive="结婚\n抢购", sure="1", seen=mark)
    assert (await stored(here)).sensitive == ("结婚", "抢购")
    seen = await send(boss, "/hall/sensitive", {"sensitive": "结婚\n抢购\n彩票"})
    assert "已保存" in seen.text, "what was decided once is not asked again"


async def test_all_sentences_are_on_one_page(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    page = (await boss.get("/hall/texts")).text
    assert set(re.findall(r'href="/console/hall/texts/(\w+)"', page)) == set(texts.SENTENCES)
    for key in texts.SENTENCES:
        assert (await boss.get(f"/hall/texts/{key}")).status == 200
    assert (await boss.get("/hall/texts/danger")).status == 404


async def test_a_sentence_is_looked_at_saved_and_taken_back(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    path, own = "/hall/texts/goodbye", "慢走，{大厅名称}：{电话}"
    mark = await seen_on(boss, path)
    shown = await boss.post(path, text=own, do="try", seen=mark)
    assert '<div class="bubble">慢走，测试县政务服务中心：0100-12345</div>' in shown.text
    assert (await stored(here)).texts == ()
    await boss.post(path, text=own, do="save", seen=mark)
    await swapped(here, "慢走")
    assert texts.say("goodbye", await stored(here)) == "慢走，测试县政务服务中心：0100-12345"
    assert "已改" in (await boss.get("/hall/texts")).text
    await send(boss, path, {}, to=f"{path}/reset")
    assert (await stored(here)).texts == ()
    events = await here.stores.audit.read(action="hall.text")
    assert [(each.target, each.before["text"], each.after["text"]) for each in events] == [
        ("text:goodbye", own, ""),
        ("text:goodbye", "", own),
    ]


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("goodbye", "", "请填写再见"),
        ("goodbye", "再见 {手机}", "没有“{手机}”这个空位"),
        ("goodbye", "字" * 401, "1203 字节"),
        ("handoff_opened", "已登记", "要有“{编号}”"),
        ("examples", "一\n二\n三\n四", "最多 3 行"),
    ],
)
async def test_a_sentence_that_can_not_be_said_is_refused(
    here: Here, new_browser: NewBrowser, key: str, text: str, why: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    path = f"/hall/texts/{key}"
    seen = await boss.post(path, text=text, seen=await seen_on(boss, path))
    assert seen.status == 422
    assert why in seen.text
    assert f"\n{text}</textarea>" in seen.text
    assert (await stored(here)).texts == ()


async def test_examples_that_nobody_could_answer_are_pointed_out(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    path = "/hall/texts/examples"
    seen = await boss.post(
        path, text="社保卡丢了怎么补办\n宇宙飞船驾照", do="try", seen=await seen_on(boss, path)
    )
    assert '<span class="tap">宇宙飞船驾照</span>' in seen.text
    assert "<li>宇宙飞船驾照</li>" in seen.text
    assert "<li>社保卡丢了怎么补办</li>" not in seen.text


async def test_two_who_write_the_same_sentence(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "boss", "admin")
    second = await signed_in(here, new_browser, "boss2", "admin")
    path = "/hall/texts/goodbye"
    mark = await seen_on(second, path)
    await send(first, path, {"text": "第一个人的"})
    told = await second.post(path, text="第二个人的", seen=mark)
    assert told.status == 409
    assert "第一个人的" in told.text
    assert "\n第二个人的</textarea>" in told.text
    reset = await second.post(f"{path}/reset", seen=mark)
    assert reset.status == 409
    assert texts.say("goodbye", await stored(here)) == "第一个人的"
