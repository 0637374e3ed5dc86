"""The calls of the API (shared/WECHAT.md 4), each as strict about its input as the platform's page says."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final

from tests.platform.api_people import PEOPLE
from tests.platform.api_world import OK, Answer, Call, CodeError, Handler, World
from tests.platform.verdict import text_findings

PICTURE: Final = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
MEDIA_LIFE: Final = timedelta(days=3)


def _send(world: World, call: Call) -> Answer:
    asked = call.asked
    openid, kind = str(asked.get("touser", "")), str(asked.get("msgtype", ""))
    if not openid.startswith("o"):
        raise CodeError(40003, "invalid openid")
    if not isinstance(asked.get(kind), dict):
        raise CodeError(40008, "invalid message type")
    if kind == "text":
        content = asked["text"].get("content")
        if not content:
            raise CodeError(44004, "empty content")
        world.broken += text_findings(str(content))
    if kind == "news" and len(asked["news"]["articles"]) != 1:
        raise CodeError(45008, "article size out of limit")
    if openid in world.not_following:
        raise CodeError(45015, "response out of time limit or subscription is canceled")
    if code := world.windows.pay(call.app_id, openid, call.now):
        raise CodeError(code, "out of response limit")
    world.sent.append((openid, asked))
    return OK


def _template(world: World, call: Call) -> Answer:
    asked = call.asked
    if asked["touser"] in world.not_following:
        raise CodeError(43004, "require subscribe")
    if any(set(each) != {"value"} for each in asked["data"].values()):
        raise CodeError(47003, "argument invalid")
    number = next(world.numbers)
    world.notices.append((asked["touser"], asked))
    finished = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": "success"}
    world.events.append({"FromUserName": asked["touser"], **finished})
    return {**OK, "msgid": number}


def _subscribed(world: World, call: Call) -> Answer:
    asked = call.asked
    key = (str(asked["touser"]), str(asked["template_id"]))
    if world.subscriptions.get(key, 0) <= 0:
        raise CodeError(43101, "user refuse to accept the msg")
    for name, each in asked["data"].items():
        if name.startswith("thing") and len(each["value"]) > 20:
            raise CodeError(47003, f"argument invalid! data.{name}.value invalid")
    world.subscriptions[key] -= 1
    number = next(world.numbers)
    world.notices.append((asked["touser"], asked))
    result = {"TemplateId": key[1], "MsgID": str(number), "ErrorCode": "0", "ErrorStatus": "success"}
    world.events.append(
        {
            "FromUserName": key[0],
            "Event": "subscribe_msg_sent_event",
            "SubscribeMsgSentEvent": {"List": result},
        }
    )
    return {**OK, "msgid": number}


def _typing(_: World, call: Call) -> Answer:
    if call.asked.get("command") not in {"Typing", "CancelTyping"}:
        raise CodeError(45072, "invalid command")
    return OK


def _create_menu(world: World, call: Call) -> Answer:
    if b"\\u" in call.body:
        raise CodeError(40033, "invalid charset")
    _check_menu(call.asked["button"])
    world.menus = {"button": call.asked["button"]}
    return OK


def _check_menu(buttons: list[dict[str, Any]]) -> None:
    if not 1 <= len(buttons) <= 3:
        raise CodeError(40016, "invalid button size")
    for button in buttons:
        below = button.get("sub_button", [])
        if len(button["name"].encode()) > 16 or len(below) > 5:
            raise CodeError(40018, "invalid button name size")
        if any(len(each["name"].encode()) > 60 for each in below):
            raise CodeError(40025, "invalid sub button name size")


def _get_menu(world: World, _: Call) -> Answer:
    if not world.menus:
        raise CodeError(46003, "menu no exist")
    shown = [{**each, "sub_button": each.get("sub_button", [])} for each in world.menus["button"]]
    answer: dict[str, Any] = {"menu": {"button": shown}}
    if world.conditional:
        answer["conditionalmenu"] = [{**menu, "menuid": number} for number, menu in world.conditional.items()]
    return answer


def _delete_menu(world: World, _: Call) -> Answer:
    world.menus = {}
    world.conditional.clear()
    return OK


def _add_conditional(world: World, call: Call) -> Answer:
    if not world.menus:
        raise CodeError(65303, "no default menu")
    _check_menu(call.asked["button"])
    number = str(next(world.numbers))
    world.conditional[number] = call.asked
    return {"menuid": number}


def _delete_conditional(world: World, call: Call) -> Answer:
    if world.conditional.pop(str(call.asked["menuid"]), None) is None:
        raise CodeError(65301, "menuid not exist")
    return OK


def _try_match(world: World, _: Call) -> Answer:
    last = list(world.conditional.values())
    return {"menu": {"button": last[-1]["button"] if last else world.menus["button"]}}


def _create_qr(world: World, call: Call) -> Answer:
    asked = call.asked
    scene = asked["action_info"]["scene"]["scene_str"]
    seconds = asked.get("expire_seconds")
    if not 1 <= len(scene) <= 64 or (seconds is not None and not 1 <= seconds <= 2_592_000):
        raise CodeError(40053, "invalid action info")
    if (seconds is None) != (asked["action_name"] == "QR_LIMIT_STR_SCENE"):
        raise CodeError(40052, "invalid action name")
    ticket = hashlib.sha256(scene.encode()).hexdigest() + "=="
    world.codes[ticket] = asked
    answer = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket[:12]}"}
    return answer if seconds is None else {**answer, "expire_seconds": seconds}


def _shorten(world: World, call: Call) -> Answer:
    if len(call.asked["long_data"].encode()) > 4096:
        raise CodeError(9410010, "long data too long")
    key = hashlib.sha256(call.body).hexdigest()[:15]
    world.short[key] = call.asked["long_data"]
    return {**OK, "short_key": key}


def _lengthen(world: World, call: Call) -> Answer:
    return {**OK, "long_data": world.short[call.asked["short_key"]]}


def _mini_code(_: World, call: Call) -> Answer:
    if not 1 <= len(call.asked["scene"]) <= 32:
        raise CodeError(40169, "invalid scene")
    return PICTURE


def _upload(world: World, call: Call) -> Answer:
    if not call.file:
        raise CodeError(44001, "empty media data")
    number = f"media-{next(world.numbers)}"
    world.media[number] = (call.file, call.query["type"], call.now)
    return {"type": call.query["type"], "media_id": number, "created_at": int(call.now.timestamp())}


def _download(world: World, call: Call) -> Answer:
    found = world.media.get(call.query.get("media_id", ""))
    if found is None or call.now - found[2] > MEDIA_LIFE:
        raise CodeError(40007, "invalid media_id")
    return {"video_url": "http://203.0.113.5/video"} if found[1] == "video" else found[0]


def _ticket(_: World, call: Call) -> Answer:
    if call.query.get("type") != "jsapi":
        raise CodeError(40097, "invalid type")
    return {**OK, "ticket": f"ticket-of-{call.app_id}", "expires_in": 7200}


CALLS: Final[dict[str, Handler]] = {
    **PEOPLE,
    "/cgi-bin/message/custom/send": _send,
    "/cgi-bin/message/custom/typing": _typing,
    "/cgi-bin/message/custom/business/typing": _typing,
    "/cgi-bin/message/template/send": _template,
    "/cgi-bin/message/subscribe/bizsend": _subscribed,
    "/cgi-bin/message/subscribe/send": _subscribed,
    "/cgi-bin/qrcode/create": _create_qr,
    "/cgi-bin/shorten/gen": _shorten,
    "/cgi-bin/shorten/fetch": _lengthen,
    "/wxa/getwxacodeunlimit": _mini_code,
    "/wxa/generate_urllink": lambda _, __: {**OK, "url_link": "https://wxaurl.cn/abc"},
    "/cgi-bin/menu/create": _create_menu,
    "/cgi-bin/menu/get": _get_menu,
    "/cgi-bin/menu/delete": _delete_menu,
    "/cgi-bin/menu/addconditional": _add_conditional,
    "/cgi-bin/menu/delconditional": _delete_conditional,
    "/cgi-bin/menu/trymatch": _try_match,
    "/cgi-bin/media/upload": _upload,
    "/cgi-bin/media/get": _download,
    "/cgi-bin/ticket/getticket": _ticket,
    "/cgi-bin/getcallbackip": lambda _, __: {"ip_list": ["203.0.113.7", "203.0.113.0/25"]},
}
