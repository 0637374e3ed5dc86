"""`python -m bot outbox | menu | qr` as an operator calls them, on a real database and the fake platform."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click import ClickException
from click.testing import CliRunner

from bot.cli import main
from bot.outbox_commands import contents, mask, matching
from messages import Image, Text
from storage.embedded import EmbeddedServer
from storage.stores import Stores
from tests.platform.accounts import FakeAccount
from tests.platform.api_server import PlatformApi, platform_api
from tests.running import ROOT, Clock, account_settings
from wechat.menu import Button
from wechat.outbox import OutboxItem
from wechat.own_menu import OwnMenu
from wechat.receipts import NoticeResult

ACCOUNT = FakeAccount(token="CliToken", app_id="wx0123456789abcdef", aes_key="abcdefg" * 6 + "A")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OPENID = "oPersonWhoseIdIsPersonal"


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    error: str


Command = Callable[..., Awaitable[Result]]


@pytest.fixture
async def platform() -> AsyncIterator[PlatformApi]:
    clock = Clock(datetime.now(UTC))
    async with platform_api(ACCOUNT, clock=clock) as running:
        yield running


@pytest.fixture
def command(
    mongo_server: EmbeddedServer,
    database_name: str,
    stores: Stores,  # noqa: ARG001 - emptied first
    platform: PlatformApi,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    monkeypatch.chdir(tmp_path)  # no .env there
    values = {
        **account_settings(ACCOUNT, api_url=platform.url),
        "env": "production",
        "public_url": "https://hall.example",
        "mongodb_uri": mongo_server.uri,
        "mongodb_database": database_name,
        "data_dir": tmp_path,
    }
    environment = {f"BOT_{name.upper()}": str(value) for name, value in values.items()}

    async def call(*words: str) -> Result:
        """In a thread, because a command runs an event loop of its own."""
        done = await asyncio.to_thread(CliRunner().invoke, main, words, env=environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    return call


async def put(stores: Stores, name: str, status: str = "waiting") -> None:
    item = OutboxItem(
        name,
        "official",
        OPENID,
        (Text("您的低保申请已受理"), Image("m")),
        NOW + timedelta(seconds=len(name)),
        status=status,  # type: ignore[arg-type]
        reason="因为" if status != "waiting" else "",
    )
    assert await stores.outbox.put(item)


async def test_the_outbox_is_listed_without_personal_data(command: Command, stores: Stores) -> None:
    await put(stores, "a1" * 20)
    await put(stores, "b1" * 20, "failed")
    await put(stores, "c1" * 20, "sent")
    listed = await command("outbox", "list")
    assert listed.code == 0, listed.error
    lines = listed.out.splitlines()
    assert lines[0].startswith("waiting 1")
    assert lines[1].startswith("a1a1a1a1a1a1  waiting    2026-11-23 16:00")
    assert lines[2].endswith("因为")
    assert len(lines) == 3
    found = json.loads((await command("outbox", "list", "--status", "failed", "--json")).out)
    assert found["counts"]["sent"] == 1
    assert [each["id"] for each in found["items"]] == ["b1" * 20]
    for hidden in (OPENID, "低保"):
        assert hidden not in listed.out + json.dumps(found, ensure_ascii=False)


async def test_items_are_put_back_and_dropped(command: Command, stores: Stores) -> None:
    await put(stores, "a1" * 20, "failed")
    await put(stores, "b1" * 20, "uncertain")
    await put(stores, "c1" * 20, "sent")
    assert "1 put back" in (await command("outbox", "retry", "a1a1")).out
    assert "1 dropped" in (await command("outbox", "drop", "--status", "uncertain")).out
    counts = await stores.outbox.counts()
    assert (counts["waiting"], counts["dropped"], counts["sent"]) == (1, 1, 1)
    for words in (("retry", "c1c1"), ("drop", "zz"), ("retry",)):
        refused = await command("outbox", *words)
        assert refused.code == 1
        assert len(refused.error.splitlines()) == 1


async def test_the_menu_is_shown_compared_and_pushed(
    command: Command, platform: PlatformApi, tmp_path: Path
) -> None:
    sample = str(ROOT / "knowledge" / "sample" / "menu.yaml")
    assert "no menu" in (await command("menu", "show")).out
    before = await command("menu", "diff", sample)
    assert (before.code, before.out.splitlines()[-1]) == (1, "+ 人工服务 → human")
    pushed = await command("menu", "push", sample)
    assert pushed.code == 0, pushed.error
    assert platform.world.menus["button"][0]["sub_button"][-1]["url"] == "https://hall.example/guides"
    assert (await command("menu", "diff", sample)).out == "no difference\n"
    assert "nothing was pushed" in (await command("menu", "push", sample)).out
    assert "人工服务 → human" in (await command("menu", "show")).out
    assert platform.calls.count("/cgi-bin/menu/create") == 1
    assert platform.calls.count("/cgi-bin/stable_token") == 1
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("buttons: [{name: 这个名字太长了, key: help}]", encoding="utf-8")
    refused = await command("menu", "push", str(wrong))
    assert refused.code == 1
    assert "16 bytes" in refused.error


async def test_without_a_file_the_menu_of_the_console_is_pushed_and_menus_of_tags_stay(
    command: Command, platform: PlatformApi, stores: Stores, tmp_path: Path
) -> None:
    refused = await command("menu", "push")
    assert (refused.code, "no menu was saved in the console yet" in refused.error) == (1, True)
    tagged = tmp_path / "tagged.yaml"
    tagged.write_text(
        "buttons: [{name: 旧的, key: help}]\nconditional: [{tag_id: 5, buttons: [{name: 企业, key: human}]}]",
        encoding="utf-8",
    )
    assert (await command("menu", "push", str(tagged))).code == 0
    below = (Button("指南", "view", url="/guides"), Button("社保卡", key="qa.card"))
    assert await stores.menu.save(OwnMenu((Button("办事", "more", buttons=below),)))
    before = await command("menu", "diff")
    assert before.code == 1
    assert "+   社保卡 → qa.card" in before.out
    assert "- 旧的 → help" in before.out
    assert (await command("menu", "push")).code == 0
    assert platform.world.menus["button"][0]["sub_button"][0]["url"] == "https://hall.example/guides"
    assert "企业 → human" in (await command("menu", "show")).out
    assert (await command("menu", "diff")).out == "no difference\n"


async def test_codes_are_made_and_saved(command: Command, platform: PlatformApi, tmp_path: Path) -> None:
    made = await command("qr", "create", "qa.card-lost", "--days", "7")
    assert made.code == 0, made.error
    assert f"picture  {platform.url}/cgi-bin/showqrcode?ticket=" in made.out
    picture = tmp_path / "wall.jpg"
    await command("qr", "create", "guide.card", "--permanent", "--out", str(picture))
    assert picture.read_bytes().startswith(b"\xff\xd8")
    actions = [each["action_name"] for each in platform.world.codes.values()]
    assert actions == ["QR_STR_SCENE", "QR_LIMIT_STR_SCENE"]
    platform.forbidden.add("/cgi-bin/qrcode/create")
    refused = await command("qr", "create", "guide.card")
    assert refused.code == 1
    assert "请管理员确认账号已认证" in refused.error
    assert ACCOUNT.app_secret not in refused.error


def test_ids_may_be_shortened_as_long_as_they_are_clear() -> None:
    ids = ["abc1", "abc2", "abd3", "ab"]
    assert matching(ids, ["abd", "ab"]) == ["abd3", "ab"]
    with pytest.raises(ClickException, match="2 items"):
        matching(ids, ["abc"])


def test_a_mask_tells_who_is_the_same_and_nothing_else() -> None:
    assert mask(OPENID) == mask(OPENID) != mask("oOther")
    assert len(mask(OPENID)) == 6
    item = OutboxItem("k", "official", OPENID, (Text("您好"), Image("m"), Image("n")), NOW)
    assert contents(item) == "text 2×image (2 characters)"


async def test_what_became_of_a_notice_is_listed(command: Command, stores: Stores) -> None:
    await put(stores, "a1" * 20)
    await stores.outbox.take(owner="s", now=datetime.now(UTC), lease_seconds=30)
    await stores.outbox.settle(
        "a1" * 20, owner="s", status="sent", reason="", now=NOW, next_at=None, route="notice", job="7"
    )
    assert "notice sent" in (await command("outbox", "list", "--status", "sent")).out
    await stores.outbox.note_result("official", OPENID, NoticeResult("refused", "7"), now=NOW)
    listed = (await command("outbox", "list")).out
    assert "held" in listed
    assert "notice refused" in listed
    assert "市民拒收了订阅通知" in listed
    found = json.loads((await command("outbox", "list", "--json")).out)
    assert (found["items"][0]["route"], found["items"][0]["receipt"]) == ("notice", "refused")
