"""Each call of `wechat.api` against the fake platform, which is as strict as the official pages."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.platform.api_server import PlatformApi
from tests.running import Clock
from wechat.api import (
    account,
    codes,
    content,
    identity,
    jssdk,
    media,
    messages,
    notices,
    people,
    service,
)
from wechat.api_errors import (
    ConsentError,
    PermissionRefusedError,
    RefusedError,
    SnapshotIdentityError,
)
from wechat.client import Client
from wechat.outbox import Notice, NoticeField
from wechat.render import ImageMessage, TextMessage
from wechat.transport import File

PERSON = "oPerson_1"


async def test_messages_of_each_kind(platform: PlatformApi, client: Client) -> None:
    platform.deed(PERSON, "message")
    await messages.send(client, PERSON, TextMessage("您好😀"), worker="w1@hall", by_ai=True)
    await messages.send(client, PERSON, ImageMessage("m1"))
    menu = messages.MenuMessage("满意吗？", (("1", "满意"), ("2", "不满意")), "谢谢")
    await messages.send(client, PERSON, menu)
    await messages.send(client, PERSON, messages.MiniProgramCard("办事", "pages/a", "m2", "wxmini"))
    sent = [payload for _, payload in platform.world.sent]
    assert sent[0] == {
        "touser": PERSON,
        "msgtype": "text",
        "text": {"content": "您好😀"},
        "customservice": {"kf_account": "w1@hall"},
        "aimsgcontext": {"is_ai_msg": 1},
    }
    assert sent[2]["msgmenu"]["list"] == [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}]
    assert sent[3]["miniprogrampage"]["appid"] == "wxmini"
    assert platform.world.broken == []


async def test_typing(platform: PlatformApi, client: Client) -> None:
    await messages.typing(client, PERSON, on=True)
    await messages.typing(client, PERSON, on=False, channel="mini")
    assert platform.calls[-2:] == [
        "/cgi-bin/message/custom/typing",
        "/cgi-bin/message/custom/business/typing",
    ]


async def test_workers_and_sessions(client: Client) -> None:
    await service.add_worker(client, "w1@hall", "小王")
    await service.rename_worker(client, "w1@hall", "王工")
    await service.invite_worker(client, "w1@hall", "wechat-id")
    assert await service.workers(client) == (service.Worker("w1@hall", "王工"),)
    await service.open_session(client, "w1@hall", PERSON)
    assert await service.session_of(client, PERSON) == "w1@hall"
    assert await service.online_workers(client) == (service.Worker("w1@hall", online=True, sessions=1),)
    await service.close_session(client, "w1@hall", PERSON)
    assert await service.session_of(client, PERSON) == ""
    await service.delete_worker(client, "w1@hall")
    with pytest.raises(RefusedError) as caught:
        await service.open_session(client, "w1@hall", PERSON)
    assert "不在线" in caught.value.advice
    (waiting,) = await service.waiting(client)
    assert waiting.openid == "oWaiting"


async def test_codes_with_a_scene(platform: PlatformApi, client: Client) -> None:
    code = await codes.create_qr(client, "guide.card", lifetime_seconds=3600)
    assert platform.world.codes[code.ticket]["action_name"] == "QR_STR_SCENE"
    lasting = await codes.create_qr(client, "guide.card", lifetime_seconds=None)
    assert platform.world.codes[lasting.ticket]["action_name"] == "QR_LIMIT_STR_SCENE"
    address = codes.picture_address(client, "a+b==")
    assert address == f"{platform.url}/cgi-bin/showqrcode?ticket=a%2Bb%3D%3D"
    assert (await codes.picture(client, code.ticket)).content.startswith(b"\xff\xd8")
    with pytest.raises(ValueError, match="30 days"):
        await codes.create_qr(client, "x", lifetime_seconds=codes.LONGEST_LIFE_SECONDS + 1)
    with pytest.raises(ValueError, match="scene"):
        await codes.create_qr(client, "长" * 65, lifetime_seconds=60)


async def test_short_keys_and_links(client: Client, mini: Client) -> None:
    key = await codes.shorten(client, "https://hall.example/很长")
    assert await codes.lengthen(client, key) == "https://hall.example/很长"
    with pytest.raises(ValueError, match="4096"):
        await codes.shorten(client, "长" * 1366)
    assert (await codes.link_into_mini_program(mini, "pages/a")).startswith("https://")
    picture = await codes.mini_program_code(mini, "guide.card", page="pages/a", release=False)
    assert picture.content_type == "image/jpeg"
    with pytest.raises(ValueError, match="32"):
        await codes.mini_program_code(mini, "x" * 33)


async def test_media_up_and_down(platform: PlatformApi, client: Client, clock: Clock) -> None:
    picture = b"\x89PNG" + bytes(5000)
    media_id = await media.upload(client, "image", picture, filename="a.png", content_type="image/png")
    answer = await media.get(client, media_id)
    assert isinstance(answer, File)
    assert answer.content == picture
    film = await media.upload(client, "video", b"mp4", filename="a.mp4", content_type="video/mp4")
    assert await media.get(client, film) == "http://203.0.113.5/video"
    clock.advance(days=3, seconds=1)
    with pytest.raises(RefusedError):
        await media.get(client, media_id)
    with pytest.raises(ValueError, match="thumb"):
        await media.upload(client, "thumb", bytes(70_000), filename="a.jpg", content_type="image/jpeg")
    assert platform.calls.count("/cgi-bin/media/upload") == 2


async def test_an_upload_after_a_stale_token_is_sent_whole_again(
    platform: PlatformApi, client: Client
) -> None:
    """Wechatpy sent the form empty the second time: 5142 bytes, then 142."""
    await client.get("/cgi-bin/getcallbackip")
    platform.tokens.kill_all()
    picture = bytes(range(256)) * 20
    media_id = await media.upload(client, "image", picture, filename="a.png", content_type="image/png")
    assert platform.world.media[media_id][0] == picture


async def test_people_and_tags(platform: PlatformApi, client: Client) -> None:
    platform.world.not_following.add("oGone")
    tag = await people.create_tag(client, "企业用户")
    await people.tag_people(client, tag.id, [PERSON])
    found = await people.person(client, PERSON)
    assert (found.follows, found.scene, found.tags) == (True, "guide.card", (tag.id,))
    both = await people.persons(client, [PERSON, "oGone"])
    assert [each.follows for each in both] == [True, False]
    assert await people.tags(client) == (people.Tag(tag.id, "企业用户", 1),)
    assert await people.tags_of(client, PERSON) == (tag.id,)
    await people.untag_people(client, tag.id, [PERSON])
    assert await people.tags_of(client, PERSON) == ()
    await people.delete_tag(client, tag.id)
    assert await people.tags(client) == ()
    assert await people.followers(client) == (("oA", "oB"), "oB")
    assert await people.followers(client, "oB") == ((), "")
    with pytest.raises(ValueError, match="100"):
        await people.persons(client, ["o"] * 101)


async def test_templates_and_notices(platform: PlatformApi, client: Client, mini: Client) -> None:
    number = await notices.send_template(client, PERSON, "t1", {"first": "办结"}, url="https://hall.example")
    assert platform.world.events[0]["MsgID"] == int(number)
    notice = Notice(
        "n1",
        (NoticeField("thing1", "长" * 30), NoticeField("phrase2", "已经办结了吧")),
        "https://hall.example",
    )
    with pytest.raises(ConsentError):
        await client.notify(PERSON, notice, "official")
    platform.world.subscriptions[PERSON, "n1"] = 1
    assert await client.notify(PERSON, notice, "official")
    sent = platform.world.notices[-1][1]["data"]
    assert sent == {"thing1": {"value": "长" * 19 + "…"}, "phrase2": {"value": "已经办结了"}}
    platform.worlds["wxmini"].subscriptions[PERSON, "n1"] = 1
    await mini.notify(PERSON, notice, "mini")
    assert platform.calls[-1] == "/cgi-bin/message/subscribe/send"


async def test_visitors(platform: PlatformApi, client: Client, mini: Client) -> None:
    platform.world.logins = {
        "good": {"openid": PERSON, "scope": "snsapi_base", "access_token": "x", "is_snapshotuser": 0},
        "snapshot": {"openid": "oVirtual", "scope": "snsapi_userinfo", "is_snapshotuser": 1},
    }
    assert await identity.visitor(client, "good") == identity.Visitor(PERSON, "snsapi_base")
    with pytest.raises(SnapshotIdentityError) as snapshot:
        await identity.visitor(client, "snapshot")
    assert "oVirtual" not in str(snapshot.value)
    with pytest.raises(RefusedError) as used:
        await identity.visitor(client, "good")
    assert "重新进入" in used.value.advice
    platform.worlds["wxmini"].logins["js"] = {"openid": PERSON, "session_key": "k3y"}
    session = await identity.mini_session(mini, "js")
    assert (session.openid, session.session_key) == (PERSON, "k3y")
    assert "k3y" not in repr(session)
    assert platform.calls.count("/cgi-bin/stable_token") == 0


def test_the_address_of_authorization() -> None:
    address = identity.authorize_address("wx1", "https://hall.example/in?a=1", "abc")
    assert address == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=https%3A%2F%2F"
        "hall.example%2Fin%3Fa%3D1&response_type=code&scope=snsapi_base&state=abc#wechat_redirect"
    )
    with pytest.raises(ValueError, match="letters and digits"):
        identity.authorize_address("wx1", "https://hall.example", "a&b")


async def test_texts_are_judged_by_the_suggestion(
    platform: PlatformApi, mini: Client, client: Client
) -> None:
    world = platform.worlds["wxmini"]
    assert (await content.check_text(mini, PERSON, "您好", scene="comment")).clean
    world.suggest = {"suggest": "risky", "label": 20001}
    assert await content.check_text(mini, PERSON, "x", scene="forum") == content.Verdict("risky", 20001)
    world.suggest = {"label": 100}
    assert (await content.check_text(mini, PERSON, "x", scene="forum")).suggestion == "review"
    with pytest.raises(PermissionRefusedError):
        await content.check_text(client, PERSON, "x", scene="forum")


async def test_the_account(platform: PlatformApi, client: Client) -> None:
    found = await account.callback_addresses(client)
    assert found == (ip_network("203.0.113.7/32"), ip_network("203.0.113.0/25"))
    before = await account.quota(client, "/cgi-bin/getcallbackip")
    assert before.used == 1
    await account.clear_quota(client)
    assert (await account.quota(client, "/cgi-bin/getcallbackip")).used == 0
    await account.clear_quota_with_secret(client)
    assert list(platform.resets.values()) == [2]


def test_the_official_signature_of_the_js_sdk() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    url = "http://mp.weixin.qq.com?params=value"
    expected = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    for address in (url, f"{url}#part"):
        made = jssdk.sign(ticket, nonce="Wm3WZYTPz0wzccnW", timestamp=1414587457, url=address)
        assert made == expected


async def test_pages_are_signed_with_one_shared_ticket(platform: PlatformApi, client: Client) -> None:
    signer, other = jssdk.PageSigner(client), jssdk.PageSigner(client)
    one = await signer.sign("https://hall.example/guides#top")
    two = await other.sign("https://hall.example/guides")
    assert platform.calls.count("/cgi-bin/ticket/getticket") == 1
    assert one.nonce != two.nonce
    assert one.signature == jssdk.sign(
        "ticket-of-wxhall", nonce=one.nonce, timestamp=one.timestamp, url="https://hall.example/guides"
    )
