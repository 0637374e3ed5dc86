"""Three modes × two accounts, over real HTTP: verification, questions, every kind of message and event."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from tests.platform import sealing
from tests.platform.accounts import FakeAccount, Mode, envelope, signed, xml
from tests.platform.pusher import ONCE
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, UNKNOWN_QUESTION
from tests.webhook.conftest import MINI, OFFICIAL, Doors

MODES = get_args(Mode)
ACCOUNTS = {
    f"{account.channel}-{account.form}-{mode}": replace(account, mode=mode)
    for account in (OFFICIAL, MINI, replace(MINI, form="json"))
    for mode in MODES
}
each_account = pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)


@each_account
async def test_verification_echoes_in_every_mode(doors: Doors, account: FakeAccount) -> None:
    answer = await doors.wechat(account).verify(echostr="4375120948345356249")
    assert (answer.status, answer.body) == (200, b"4375120948345356249")
    assert answer.headers["content-type"].startswith("text/plain")


@each_account
async def test_a_known_question_is_answered(doors: Doors, account: FakeAccount) -> None:
    user = f"oKnown-{account.channel}-{account.form}-{account.mode}"
    answer = await doors.wechat(account, seed=2).say(user, KNOWN_QUESTION)
    if account.channel == "official":
        assert KNOWN_ANSWER in answer.text
        assert answer.sealed == (account.mode != "plain")
        assert doors.api.texts(user) == []
    else:
        assert answer.silent
        (text,) = await doors.api.until_sent(user)
        assert KNOWN_ANSWER in text
    turns = doors.programs["safe"].stores.mongo.collection("turns")
    assert await turns.count_documents({"inbound.user": user}) == 1


MESSAGES: dict[str, dict[str, Any]] = {
    "image": {"PicUrl": "http://mmbiz.qpic.cn/1", "MediaId": "m1"},
    "voice": {"MediaId": "m2", "Format": "amr", "MediaId16K": "m3"},
    "video": {"MediaId": "m4", "ThumbMediaId": "m5"},
    "shortvideo": {"MediaId": "m4", "ThumbMediaId": "m5"},
    "location": {"Location_X": "23.134521", "Location_Y": "113.358803", "Scale": 20, "Label": "测试路"},
    "link": {"Title": "公告", "Description": "说明", "Url": "https://a.example/"},
}
SPEAKING_EVENTS: dict[str, dict[str, Any]] = {
    "subscribe": {"EventKey": ""},
    "subscribe by code": {"EventKey": "qrscene_qa.card-lost", "Ticket": "T"},
    "subscribe after payment": {"EventKey": "last_trade_no_4008"},
    "SCAN": {"EventKey": "qa.card-lost", "Ticket": "T"},
    "SCAN of an old code": {"EventKey": "12", "Ticket": "T"},
    "CLICK": {"EventKey": "help"},
    "CLICK of an unknown key": {"EventKey": "V1001"},
}
SILENT_EVENTS: dict[str, dict[str, Any]] = {
    "unsubscribe": {"EventKey": ""},
    "LOCATION": {"Latitude": "23.1", "Longitude": "113.3", "Precision": "119.3"},
    "VIEW": {"EventKey": "https://hall.example/", "MenuId": "1"},
    "scancode_push": {"EventKey": "6", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}},
    "scancode_waitmsg": {"EventKey": "6", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "2"}},
    "pic_sysphoto": {
        "EventKey": "6",
        "SendPicsInfo": {"Count": 2, "PicList": {"item": [{"PicMd5Sum": "1"}]}},
    },
    "pic_photo_or_album": {"EventKey": "6", "SendPicsInfo": {"Count": 1, "PicList": {"item": []}}},
    "pic_weixin": {"EventKey": "6", "SendPicsInfo": {"Count": 0}},
    "location_select": {
        "EventKey": "6",
        "SendLocationInfo": {"Location_X": "23", "Label": "", "Poiname": ""},
    },
    "view_miniprogram": {"EventKey": "pages/index", "MenuId": "1"},
    "TEMPLATESENDJOBFINISH": {"MsgID": 200163836, "Status": "success"},
    "MASSSENDJOBFINISH": {"MsgID": 1000001625, "Status": "err(30003)", "TotalCount": 0, "ErrorCount": 0},
    "PUBLISHJOBFINISH": {"PublishEventInfo": {"publish_id": "2247503051", "publish_status": 0}},
    "subscribe_msg_popup_event": {
        "SubscribeMsgPopupEvent": {"List": [{"TemplateId": "a"}, {"TemplateId": "b"}]}
    },
    "subscribe_msg_change_event": {"SubscribeMsgChangeEvent": {"List": {"TemplateId": "a"}}},
    "subscribe_msg_sent_event": {"SubscribeMsgSentEvent": {"List": {"TemplateId": "a", "MsgID": "1"}}},
    "user_info_modified": {"OpenID": "oSomebody", "AppID": "wx0", "RevokeInfo": "1"},
    "user_authorization_revoke": {"OpenID": "oSomebody", "AppID": "wx0", "RevokeInfo": "1"},
    "user_authorization_cancellation": {"OpenID": "oSomebody", "AppID": "wx0"},
    "kf_create_session": {"KfAccount": "a@b"},
    "kf_close_session": {"KfAccount": "a@b"},
    "kf_switch_session": {"FromKfAccount": "a@b", "ToKfAccount": "c@b"},
    "wxa_media_check": {"trace_id": "1", "version": 2, "result": {"suggest": "risky", "label": 20001}},
    "annual_renew": {"ExpiredTime": 1401093961},
    "debug_demo": {"debug_str": "hello world"},
    "an_event_of_tomorrow": {"Novelty": {"Deep": {"Deeper": "x"}}},
}


@pytest.mark.parametrize("mode", MODES)
async def test_every_kind_of_message_gets_a_helpful_answer(doors: Doors, mode: Mode) -> None:
    wechat = doors.wechat(replace(OFFICIAL, mode=mode), seed=3)
    for kind, content in MESSAGES.items():
        answer = await wechat.expect(wechat.message(kind, f"oKinds-{mode}", **content))
        assert len(answer.text) > 10, kind


@pytest.mark.parametrize("mode", MODES)
async def test_events_that_ask_for_words_get_them(doors: Doors, mode: Mode) -> None:
    wechat = doors.wechat(replace(OFFICIAL, mode=mode), seed=4)
    for number, (name, content) in enumerate(SPEAKING_EVENTS.items()):
        event = wechat.event(f"oSpeaking{number}-{mode}", name.split(" ")[0], **content)
        answer = await wechat.expect(event)
        assert answer.text, name
        assert (KNOWN_ANSWER in answer.text) == ("card-lost" in str(content["EventKey"])), name


@pytest.mark.parametrize("mode", MODES)
async def test_events_that_need_no_words_and_unknown_ones_get_success(doors: Doors, mode: Mode) -> None:
    wechat = doors.wechat(replace(OFFICIAL, mode=mode), seed=5)
    for number, (name, content) in enumerate(SILENT_EVENTS.items()):
        answer = await wechat.expect(wechat.event(f"oSilent{number}-{mode}", name, **content))
        assert answer.silent, name


async def test_mini_program_events(doors: Doors) -> None:
    for account in (replace(MINI, form="json"), MINI):
        wechat = doors.wechat(account, seed=6)
        user = f"oMiniEvents-{account.form}"
        entered = wechat.event(user, "user_enter_tempsession", SessionFrom="index")
        assert (await wechat.expect(entered)).silent
        assert "测试县政务服务中心" in (await doors.api.until_sent(user))[0]
        card = {"Title": "t", "AppId": "wx1", "PagePath": "p", "ThumbUrl": "", "ThumbMediaId": ""}
        assert (await wechat.expect(wechat.message("miniprogrampage", user, **card))).silent
        assert (await wechat.expect(wechat.event(user, "subscribe_msg_popup_event", List=[]))).silent


async def test_unknown_message_types_get_success_or_a_helpful_sentence(doors: Doors) -> None:
    for account in (OFFICIAL, replace(MINI, form="json")):
        wechat = doors.wechat(account, seed=7)
        for kind in ("file", "hologram"):
            await wechat.expect(wechat.message(kind, "oUnknownKinds", FileKey="x"))


async def test_a_text_of_hostile_characters_cannot_break_or_forge_the_answer(doors: Doors) -> None:
    """`wechat.verdict` refuses any answer in which they did."""
    hostile = [
        "]]></Content><MsgType><![CDATA[image]]></MsgType><Content><![CDATA[",
        '<a href="javascript:alert(1)">点我</a>',
        '< a href="https://evil.example">点我</a>',
        "\u202eabc\u200b\ufeff 😀👨‍👩‍👧 &amp; &#0; <b>",
        "<xml><Encrypt><![CDATA[AAAA]]></Encrypt></xml>",
        "长" * 2000,
        "转人工<a href='https://evil.example'>",
        " ",
        "{{7*7}} ${jndi:ldap://x} %s %n ' OR 1=1 --",
    ]
    for mode in MODES:
        wechat = doors.wechat(replace(OFFICIAL, mode=mode), seed=8)
        for number, text in enumerate(hostile):
            answer = await wechat.say(f"oHostile{number}-{mode}", text)
            assert answer.text, text
    wechat = doors.wechat(replace(MINI, form="json"), seed=9)
    for number, text in enumerate(hostile):
        assert (await wechat.say(f"oHostileMini{number}", text)).silent
    for number in range(len(hostile)):
        await doors.api.until_sent(f"oHostileMini{number}")
    assert doors.api.broken == []


async def test_an_unknown_question_is_admitted(doors: Doors) -> None:
    answer = await doors.wechat(OFFICIAL, seed=10).say("oUnknown", UNKNOWN_QUESTION)
    assert "答不上来" in answer.text


async def test_a_slow_sender_is_heard_out(doors: Doors) -> None:
    wechat = doors.wechat(OFFICIAL, seed=11)
    (delivery,) = await wechat.push(wechat.text("oSlow", KNOWN_QUESTION), replace(ONCE, pieces=40))
    assert delivery.answer is not None
    assert KNOWN_ANSWER in delivery.answer.text


async def test_only_the_encrypted_part_counts_in_compatible_mode(doors: Doors) -> None:
    """The plain copy beside it is signed by nobody: whoever alters it achieves nothing."""
    account = replace(OFFICIAL, mode="compatible")
    wechat = doors.wechat(account, seed=12)
    genuine = wechat.text("oCompatible", KNOWN_QUESTION)
    request = wechat.sign(genuine)
    encrypted = sealing.encrypt(
        xml(genuine).encode(), encoding_aes_key=account.aes_key, app_id=account.app_id
    )
    forged = {**genuine, "FromUserName": "oVictim", "Content": "取消关注", "Encrypt": encrypted}
    altered = envelope(
        account,
        encrypted,
        xml(forged).encode(),
        timestamp=request.query["timestamp"],
        nonce=request.query["nonce"],
    )
    answer = await wechat.send(altered)
    assert answer.status == 200
    turns = doors.programs["safe"].stores.mongo.collection("turns")
    assert await turns.count_documents({"inbound.user": "oVictim"}) == 0
    assert await turns.count_documents({"inbound.user": "oCompatible", "inbound.text": KNOWN_QUESTION}) == 1


async def test_the_time_of_a_push_may_be_a_little_off(doors: Doors) -> None:
    wechat = doors.wechat(OFFICIAL, seed=14)
    for off in (-290, 290):
        fields = wechat.text(f"oTime{off + 290}", KNOWN_QUESTION)
        request = signed(OFFICIAL, fields, timestamp=str(wechat.now() + off), nonce=wechat.nonce())
        assert (await wechat.send(request)).status == 200
