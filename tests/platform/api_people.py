"""Calls about people: followers, tags, customer service, logins, checks of texts."""

from __future__ import annotations

from typing import Any, Final

from tests.platform.api_world import OK, Answer, Call, CodeError, Handler, World


def _person(world: World, openid: str) -> dict[str, Any]:
    if openid in world.not_following:
        return {"subscribe": 0, "openid": openid}
    tags = [number for number, (_, people) in world.tags.items() if openid in people]
    return {
        "subscribe": 1,
        "openid": openid,
        "subscribe_time": 1_790_000_000,
        "subscribe_scene": "ADD_SCENE_QR_CODE",
        "qr_scene": 0,
        "qr_scene_str": "guide.card",
        "tagid_list": tags,
        "nickname": "",
    }


def _batch(world: World, call: Call) -> Answer:
    return {"user_info_list": [_person(world, each["openid"]) for each in call.asked["user_list"]]}


def _create_tag(world: World, call: Call) -> Answer:
    number = 100 + len(world.tags)
    world.tags[number] = (call.asked["tag"]["name"], set())
    return {"tag": {"id": number, "name": call.asked["tag"]["name"]}}


def _delete_tag(world: World, call: Call) -> Answer:
    del world.tags[call.asked["tag"]["id"]]
    return OK


def _tagging(world: World, call: Call) -> Answer:
    people = world.tags[call.asked["tagid"]][1]
    if len(call.asked["openid_list"]) > 50:
        raise CodeError(40032, "invalid openid list size")
    if "batchuntagging" in call.path:
        people.difference_update(call.asked["openid_list"])
    else:
        people.update(call.asked["openid_list"])
    return OK


def _tag_list(world: World, _: Call) -> Answer:
    rows = [{"id": n, "name": name, "count": len(people)} for n, (name, people) in world.tags.items()]
    return {"tags": rows}


def _tags_of(world: World, call: Call) -> Answer:
    return {"tagid_list": _person(world, call.asked["openid"])["tagid_list"]}


def _login(world: World, call: Call) -> Answer:
    code = call.query.get("code") or call.query.get("js_code") or ""
    if call.query.get("grant_type") != "authorization_code" or code not in world.logins:
        raise CodeError(40029, "invalid code")
    return world.logins.pop(code)


def _check_text(world: World, call: Call) -> Answer:
    if call.channel != "mini":
        raise CodeError(48001, "api unauthorized")
    if call.asked.get("version") != 2 or call.asked.get("scene") not in {1, 2, 3, 4}:
        raise CodeError(40097, "invalid args")
    return {**OK, "result": world.suggest, "detail": [], "trace_id": "t"}


def _kf(world: World, call: Call) -> Answer:
    """The small family of customer-service calls."""
    what = call.path.rsplit("/", 1)[-1]
    asked = call.asked if call.body else dict(call.query)
    account, openid = str(asked.get("kf_account", "")), str(asked.get("openid", ""))
    match what:
        case "add" | "update":
            world.workers[account] = str(asked["nickname"])
        case "del":
            world.workers.pop(account)
        case "create" if account not in world.workers:
            raise CodeError(65415, "kf offline")
        case "create":
            world.sessions[openid] = account
        case "close":
            world.sessions.pop(openid, None)
    return OK


def _workers(world: World, _: Call) -> Answer:
    return {"kf_list": [{"kf_account": name, "kf_nick": nick} for name, nick in world.workers.items()]}


def _online(world: World, _: Call) -> Answer:
    return {
        "kf_online_list": [
            {"kf_account": name, "status": 1, "accepted_case": list(world.sessions.values()).count(name)}
            for name in world.workers
        ]
    }


def _waiting(_: World, __: Call) -> Answer:
    return {"count": 1, "waitcaselist": [{"latest_time": 1_790_000_000, "openid": "oWaiting"}]}


PEOPLE: Final[dict[str, Handler]] = {
    "/cgi-bin/customservice/getkflist": _workers,
    "/cgi-bin/customservice/getonlinekflist": _online,
    "/customservice/kfaccount/add": _kf,
    "/customservice/kfaccount/update": _kf,
    "/customservice/kfaccount/inviteworker": _kf,
    "/customservice/kfaccount/del": _kf,
    "/customservice/kfsession/create": _kf,
    "/customservice/kfsession/close": _kf,
    "/customservice/kfsession/getsession": lambda world, call: {
        "kf_account": world.sessions.get(call.query["openid"], "")
    },
    "/customservice/kfsession/getwaitcase": _waiting,
    "/cgi-bin/user/info": lambda world, call: _person(world, call.query["openid"]),
    "/cgi-bin/user/info/batchget": _batch,
    "/cgi-bin/user/get": lambda _, call: (
        {"total": 2, "count": 0, "next_openid": ""}
        if call.query.get("next_openid")
        else {"total": 2, "count": 2, "data": {"openid": ["oA", "oB"]}, "next_openid": "oB"}
    ),
    "/cgi-bin/tags/get": _tag_list,
    "/cgi-bin/tags/create": _create_tag,
    "/cgi-bin/tags/delete": _delete_tag,
    "/cgi-bin/tags/members/batchtagging": _tagging,
    "/cgi-bin/tags/members/batchuntagging": _tagging,
    "/cgi-bin/tags/getidlist": _tags_of,
    "/wxa/msg_sec_check": _check_text,
}
WITH_SECRET: Final[dict[str, Handler]] = {
    "/sns/oauth2/access_token": _login,
    "/sns/jscode2session": _login,
}
