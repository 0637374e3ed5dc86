"""Every message type and event that shared/WECHAT.md section 3 knows, as the platform writes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from messages import Inbound
from wechat.errors import MalformedError
from wechat.inbound import read_inbound
from wechat.xmlio import read_push

HEAD = (
    "<ToUserName><![CDATA[gh_hall]]></ToUserName><FromUserName><![CDATA[oUser-_1]]></FromUserName>"
    "<CreateTime>1795399200</CreateTime>"
)


def message(kind: str, rest: str) -> Inbound:
    body = f"<xml>{HEAD}<MsgType><![CDATA[{kind}]]></MsgType>{rest}<MsgId>24012345678901234</MsgId></xml>"
    return read_inbound(read_push(body), "official")


def event(name: str, rest: str = "") -> Inbound:
    body = f"<xml>{HEAD}<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{rest}</xml>"
    return read_inbound(read_push(body), "official")


MESSAGES: list[tuple[str, str, dict[str, str]]] = [
    ("text", "<Content><![CDATA[医保怎么交？]]></Content>", {"text": "医保怎么交？"}),
    ("text", "<Content><![CDATA[谢谢[微笑]👍]]></Content>", {"text": "谢谢[微笑]👍"}),
    ("text", "<Content><![CDATA[]]></Content>", {"text": ""}),
    ("text", "<Content><![CDATA[<!DOCTYPE html>]]></Content>", {"text": "<!DOCTYPE html>"}),
    (
        "text",
        "<Content><![CDATA[2]]></Content><bizmsgmenuid>2</bizmsgmenuid>",
        {"text": "2", "menu_choice": "2"},
    ),
    (
        "text",
        "<Content>a</Content><MsgDataId>x</MsgDataId><Idx>1</Idx><BusinessId>9</BusinessId>",
        {"text": "a"},
    ),
    ("image", "<PicUrl><![CDATA[http://x]]></PicUrl><MediaId>m1</MediaId>", {"media_id": "m1"}),
    (
        "voice",
        "<MediaId>m2</MediaId><Format>amr</Format><MediaId16K>m3</MediaId16K><Recognition/>",
        {"media_id": "m2", "text": ""},
    ),
    ("voice", "<MediaId>m2</MediaId><Recognition>你好</Recognition>", {"text": "你好"}),
    ("video", "<MediaId>m4</MediaId><ThumbMediaId>t</ThumbMediaId>", {"media_id": "m4"}),
    (
        "shortvideo",
        "<MediaId>m5</MediaId><ThumbMediaId>t</ThumbMediaId>",
        {"media_id": "m5", "kind": "video"},
    ),
    (
        "location",
        "<Location_X>23.1</Location_X><Location_Y>113.3</Location_Y><Scale>20</Scale><Label>人民路</Label>",
        {"text": "人民路"},
    ),
    ("link", "<Title>新闻</Title><Description>d</Description><Url>http://x</Url>", {"text": "新闻"}),
    (
        "miniprogrampage",
        "<Title>办事</Title><AppId>wx</AppId><PagePath>p</PagePath>",
        {"text": "办事", "kind": "card"},
    ),
    ("file", "<Title>a.pdf</Title>", {"kind": "unknown"}),
    ("hologram", "", {"kind": "unknown"}),
    ("device_event", "<Event>bind</Event>", {"kind": "unknown"}),
]


@pytest.mark.parametrize(("kind", "rest", "expected"), MESSAGES)
def test_messages(kind: str, rest: str, expected: dict[str, str]) -> None:
    got = message(kind, rest)
    values = {"kind": kind, "order": 24012345678901234, "user": "oUser-_1", "account": "gh_hall", **expected}
    assert {name: getattr(got, name) for name in values} == values
    assert got.at == datetime.fromtimestamp(1795399200, tz=UTC)
    assert got.event == ""


PICTURES = (
    "<SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>5a</PicMd5Sum></item></PicList></SendPicsInfo>"
)
ARTICLES = (
    "<ArticleUrlResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx><ArticleUrl>http://x"
    "</ArticleUrl></item></ResultList></ArticleUrlResult>"
)
POPUP = (
    "<SubscribeMsgPopupEvent><List><TemplateId>a</TemplateId><SubscribeStatusString>accept"
    "</SubscribeStatusString><PopupScene>2</PopupScene></List><List><TemplateId>b</TemplateId></List>"
    "</SubscribeMsgPopupEvent>"
)
EVENTS: list[tuple[str, str, dict[str, str]]] = [
    ("subscribe", "<EventKey/>", {}),
    ("subscribe", "", {}),
    ("subscribe", "<EventKey>qrscene_hall_3</EventKey><Ticket>T</Ticket>", {"event_key": "hall_3"}),
    ("subscribe", "<EventKey>last_trade_no_4</EventKey>", {"event_key": "last_trade_no_4"}),
    ("subscribe", "<EventKey>scanbarcode|1|2</EventKey>", {"event_key": "scanbarcode|1|2"}),
    ("unsubscribe", "<EventKey/>", {}),
    ("SCAN", "<EventKey>hall_3</EventKey><Ticket>T</Ticket>", {"event": "scan", "event_key": "hall_3"}),
    (
        "LOCATION",
        "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>1</Precision>",
        {"event": "location"},
    ),
    ("CLICK", "<EventKey>HELP</EventKey>", {"event": "click", "event_key": "HELP"}),
    (
        "VIEW",
        "<EventKey>https://x.gov.cn</EventKey><MenuId>1</MenuId>",
        {"event": "view", "event_key": "https://x.gov.cn"},
    ),
    (
        "scancode_push",
        "<EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>",
        {"event_key": "k", "text": "1"},
    ),
    (
        "scancode_waitmsg",
        "<EventKey>k</EventKey><ScanCodeInfo><ScanResult>2</ScanResult></ScanCodeInfo>",
        {"event_key": "k", "text": "2"},
    ),
    ("pic_sysphoto", f"<EventKey>k</EventKey>{PICTURES}", {"event_key": "k"}),
    ("pic_photo_or_album", f"<EventKey>k</EventKey>{PICTURES}", {"event_key": "k"}),
    ("pic_weixin", f"<EventKey>k</EventKey>{PICTURES}", {"event_key": "k"}),
    (
        "location_select",
        "<EventKey>k</EventKey><SendLocationInfo><Label>广场</Label><Poiname/></SendLocationInfo>",
        {"event_key": "k", "text": "广场"},
    ),
    ("view_miniprogram", "<EventKey>pages/a</EventKey><MenuId>2</MenuId>", {"event_key": "pages/a"}),
    (
        "TEMPLATESENDJOBFINISH",
        "<MsgID>5</MsgID><Status>success</Status>",
        {"event": "templatesendjobfinish", "text": "success"},
    ),
    (
        "MASSSENDJOBFINISH",
        f"<MsgID>5</MsgID><Status>send success</Status><TotalCount>9</TotalCount>{ARTICLES}",
        {"event": "masssendjobfinish", "text": "send success"},
    ),
    (
        "PUBLISHJOBFINISH",
        "<PublishEventInfo><publish_id>1</publish_id><fail_idx>1</fail_idx><fail_idx>2</fail_idx></PublishEventInfo>",
        {"event": "publishjobfinish"},
    ),
    ("subscribe_msg_popup_event", POPUP, {}),
    ("subscribe_msg_change_event", POPUP.replace("Popup", "Change"), {}),
    ("subscribe_msg_sent_event", POPUP.replace("Popup", "Sent"), {}),
    ("user_info_modified", "<OpenID>oPerson</OpenID><AppID>wx</AppID>", {"user": "oPerson"}),
    (
        "user_authorization_revoke",
        "<OpenID>oPerson</OpenID><AppID>wx</AppID><RevokeInfo>1,2</RevokeInfo>",
        {"user": "oPerson", "text": "1,2"},
    ),
    ("user_authorization_cancellation", "<OpenID>oPerson</OpenID>", {"user": "oPerson"}),
    ("user_authorization_cancellation", "", {"user": "oUser-_1"}),
    ("kf_create_session", "<KfAccount>a@hall</KfAccount>", {"event_key": "a@hall"}),
    ("kf_close_session", "<KfAccount>a@hall</KfAccount>", {"event_key": "a@hall"}),
    (
        "kf_switch_session",
        "<FromKfAccount>a@hall</FromKfAccount><ToKfAccount>b@hall</ToKfAccount>",
        {"event_key": "b@hall"},
    ),
    ("user_enter_tempsession", "<SessionFrom>home</SessionFrom>", {"event_key": "home"}),
    (
        "wxa_media_check",
        "<appid>wx</appid><trace_id>t-1</trace_id><version>2</version><detail><a>1</a></detail><detail><a>2</a></detail>",
        {"event_key": "t-1"},
    ),
    ("qualification_verify_success", "<ExpiredTime>1442401156</ExpiredTime>", {}),
    ("naming_verify_success", "<ExpiredTime>1442401156</ExpiredTime>", {}),
    ("annual_renew", "<ExpiredTime>1442401156</ExpiredTime>", {}),
    ("verify_expired", "<ExpiredTime>1442401156</ExpiredTime>", {}),
    ("card_pass_check", "<CardId>c</CardId>", {}),
    ("debug_demo", "<debug_str>hello</debug_str>", {}),
    ("something_new", "<EventKey>k</EventKey>", {"event_key": "k"}),
]


@pytest.mark.parametrize(("name", "rest", "expected"), EVENTS)
def test_events(name: str, rest: str, expected: dict[str, str]) -> None:
    got = event(name, rest)
    values = {"kind": "event", "event": name, "event_key": "", "user": "oUser-_1", "text": "", **expected}
    assert {field: getattr(got, field) for field in values} == values


@pytest.mark.parametrize(("kind", "rest"), [(kind, rest) for kind, rest, _ in MESSAGES])
def test_json_reads_as_xml_does(kind: str, rest: str) -> None:
    """The mini-program may push either; both give the same turn."""
    body = f"<xml>{HEAD}<MsgType>{kind}</MsgType>{rest}<MsgId>24012345678901234</MsgId></xml>"
    fields: dict[str, Any] = dict(read_push(body))
    as_json = json.loads(json.dumps(fields | {"CreateTime": 1795399200, "MsgId": 24012345678901234}))
    assert read_inbound(as_json, "mini") == read_inbound(fields, "mini")


def test_a_key_names_a_message_and_nobody() -> None:
    first = message("text", "<Content>a</Content>")
    assert first.key == message("text", "<Content>a</Content>").key
    assert "oUser" not in first.key
    assert len(first.key) == 40
    keys = {
        first.key,
        read_inbound(read_push(f"<xml>{HEAD}<MsgType>text</MsgType><MsgId>2</MsgId></xml>"), "official").key,
        read_inbound(read_push(f"<xml>{HEAD}<MsgType>text</MsgType><MsgId>2</MsgId></xml>"), "mini").key,
        read_inbound(read_push(f"<xml>{HEAD}<MsgType>text</MsgType></xml>"), "official").key,
        read_inbound(
            read_push(f"<xml>{HEAD}<MsgType>text</MsgType><Content>x</Content></xml>"), "official"
        ).key,
        event("CLICK", "<EventKey>a</EventKey>").key,
        event("CLICK", "<EventKey>b</EventKey>").key,
        event("VIEW", "<EventKey>a</EventKey>").key,
        event("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID>").key,
        event("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID>").key,
    }
    assert len(keys) == 10


def test_event_names_are_compared_without_case() -> None:
    assert event("templatesendjobfinish").key == event("TEMPLATESENDJOBFINISH").key
    assert event("SCAN", "<EventKey>a</EventKey>").key != event("SCAN", "<EventKey>A</EventKey>").key


@pytest.mark.parametrize("missing", ["ToUserName", "FromUserName", "CreateTime", "MsgType"])
def test_what_every_push_must_have(missing: str) -> None:
    fields = {
        "ToUserName": "gh",
        "FromUserName": "o",
        "CreateTime": 1795399200,
        "MsgType": "text",
        "MsgId": 1,
    }
    del fields[missing]
    with pytest.raises(MalformedError):
        read_inbound(fields, "mini")
