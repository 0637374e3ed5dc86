"""Dialogues: each text file is one citizen's talk, played over signed HTTP (tests/scenario/README.md)."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest

from handlers.turns import Trace
from knowledge.entries import beijing_day
from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.hall import Hall, OwnText
from storage.embedded import EmbeddedServer
from storage.turns import load_turn
from tests.platform.accounts import FakeAccount
from tests.platform.pusher import FakeWeChat
from tests.running import Clock, Here, a_clock, account_settings, make_settings, running_here

FOLDER: Final = Path(__file__).parent
TAP: Final = re.compile(r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^&"]*)&(?:amp;)?msgmenuid=([^"]*)">')
ACCOUNT: Final = FakeAccount()
SENT: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "图片": ("image", {"PicUrl": "https://mmbiz.qpic.cn/x", "MediaId": "m1"}),
    "语音": ("voice", {"MediaId": "m2", "Format": "amr"}),
    "视频": ("video", {"MediaId": "m3", "ThumbMediaId": "t3"}),
    "位置": ("location", {"Location_X": "31.9", "Location_Y": "111.2", "Scale": "15", "Label": "某地"}),
    "链接": ("link", {"Title": "标题", "Description": "说明", "Url": "https://example.com"}),
}
EVENTS: Final = {"关注": "subscribe", "取消关注": "unsubscribe"}


@dataclass(slots=True)
class Citizen:
    """One citizen: what was answered last, and what the stored turn says of it."""

    wechat: FakeWeChat
    here: Here
    clock: Clock
    user: str
    answer: str = ""
    taps: dict[str, str] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)

    async def send(self, fields: dict[str, Any]) -> None:
        self.clock.advance(seconds=1)
        fields["CreateTime"] = self.wechat.now()
        before = await self.here.count("turns")
        self.answer = (await self.wechat.expect(fields)).text
        taps = TAP.findall(self.answer)
        self.taps = {unquote(html.unescape(content)): menu for content, menu in taps}
        newest = self.here.stores.mongo.collection("turns").find().sort("received_at", -1).limit(1)
        (document,) = [each async for each in newest]
        assert before <= await self.here.count("turns") + 5
        self.trace = load_turn(document).trace

    async def play(self, verb: str, what: str) -> None:
        match verb:
            case "市民":
                await self.send(self.wechat.text(self.user, what))
            case "点":
                assert what in self.taps, f"“{what}” was not offered; there were {list(self.taps)}"
                await self.send(self.wechat.text(self.user, what, bizmsgmenuid=self.taps[what]))
            case "事件":
                await self.send(self.wechat.event(self.user, EVENTS[what], ""))
            case "关注扫码":
                await self.send(self.wechat.event(self.user, "subscribe", f"qrscene_{what}", Ticket="t"))
            case "扫码":
                await self.send(self.wechat.event(self.user, "SCAN", what, Ticket="t"))
            case "菜单":
                await self.send(self.wechat.event(self.user, "CLICK", what))
            case "发":
                kind, content = SENT[what]
                await self.send(self.wechat.message(kind, self.user, **content))
            case "过":
                self.clock.advance(minutes=float(what.removesuffix("分钟")))
            case "大厅话术" | "大厅敏感词":
                await self.keep(told(await self.hall(), verb, what))
            case _:
                self.expect(verb, what)

    async def hall(self) -> Hall:
        found = await self.here.stores.knowledge.hall()
        assert found is not None
        return found[1]

    async def keep(self, hall: Hall) -> None:
        """Change the hall as the console does; the loop would take it over within a second."""
        store = self.here.stores.knowledge
        found = await store.hall()
        assert found is not None
        if found[1] != hall:
            assert await store.put_hall(hall, expected=found[0])
            await self.here.parts.snapshots.refresh(store, beijing_day(self.clock()))

    def expect(self, verb: str, what: str) -> None:
        found = {
            "含": lambda: what in html.unescape(self.answer),
            "不含": lambda: what not in self.answer,
            "条目": lambda: self.trace.entry == what,
            "规则": lambda: self.trace.rule == what,
            "结果": lambda: self.trace.outcome == what,
            "不作声": lambda: not self.answer,
        }
        assert verb in found, f"there is no “{verb}” in a dialogue (README.md)"
        assert found[verb](), f"{verb}：{what}, but {self.trace.rule}/{self.trace.outcome}: {self.answer}"


def told(hall: Hall, verb: str, what: str) -> Hall:
    """The hall with one more text or word of its own."""
    if verb == "大厅敏感词":
        return replace(hall, sensitive=(*hall.sensitive, what))
    key, _, text = what.partition("=")
    return replace(hall, texts=(*hall.texts, OwnText(key, text)))


@pytest.fixture(scope="module")
def clock() -> Clock:
    return a_clock()


@pytest.fixture(scope="module")
async def here(
    mongo_server: EmbeddedServer, database_name: str, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Here]:
    settings = make_settings(tmp_path_factory.mktemp("scenario"), **account_settings(ACCOUNT))
    async with running_here(
        settings,
        mongo_server.uri,
        f"{database_name}_scenario",
        clock=clock,
        knowledge=read_folder(SAMPLE_FOLDER),
    ) as started:
        yield started


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
async def test_dialogue(path: Path, here: Here, clock: Clock) -> None:
    wechat = FakeWeChat(ACCOUNT, [here.address], clock)
    citizen = Citizen(wechat, here, clock, f"o{path.stem[:2]}CitizenOfThisTalk00000")
    lines = path.read_text(encoding="utf-8").splitlines()  # noqa: ASYNC240 - a test, once
    hall = await citizen.hall()
    try:
        await follow(path, lines, citizen)
    finally:
        await citizen.keep(hall)


async def follow(path: Path, lines: list[str], citizen: Citizen) -> None:
    expected = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        verb, _, what = line.partition("：")
        try:
            await citizen.play(verb.strip(), what.strip())
        except AssertionError as error:
            raise AssertionError(f"{path.name}:{number}: {line}\n{error}") from error
        expected += verb in {"含", "不含", "条目", "规则", "结果", "不作声"}
    assert expected, "a dialogue that expects nothing shows nothing"
