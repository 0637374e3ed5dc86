"""Who opens our pages: web authorization (网页授权) and mini-program login (code2Session)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from wechat.api_errors import SnapshotIdentityError
from wechat.client import Client
from wechat.transport import required

AUTHORIZE: Final = "https://open.weixin.qq.com/connect/oauth2/authorize"
_STATE: Final = re.compile(r"[a-zA-Z0-9]{1,128}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who opened a page of the official account."""

    openid: str
    scope: str
    union_id: str = ""


@dataclass(frozen=True, slots=True)
class MiniSession:
    """Somebody who logged in to the mini-program. The key never leaves the server."""

    openid: str
    session_key: str = field(repr=False)
    union_id: str = ""


def authorize_address(app_id: str, return_to: str, state: str) -> str:
    """Where to send the browser (`snsapi_base`: silently, openid only). `state` is bound to our session."""
    if not _STATE.fullmatch(state):
        raise ValueError("the state has 1 to 128 letters and digits")
    query = {
        "appid": app_id,
        "redirect_uri": return_to,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": state,
    }
    return f"{AUTHORIZE}?{urlencode(query)}#wechat_redirect"


async def visitor(client: Client, code: str) -> Visitor:
    """Exchange the code of the redirect, valid once for five minutes.

    Raises `SnapshotIdentityError` for the virtual identity of a snapshot page (`is_snapshotuser`,
    2022-07-12), from which no account may be made.
    """
    query = {"code": code, "grant_type": "authorization_code"}
    answer = await _person(client, "/sns/oauth2/access_token", query)
    return Visitor(
        str(required(answer, "openid")), str(answer.get("scope", "")), str(answer.get("unionid", ""))
    )


async def mini_session(client: Client, code: str) -> MiniSession:
    """Exchange the code of `wx.login` (小程序登录), valid once. Raises as `visitor`."""
    query = {"js_code": code, "grant_type": "authorization_code"}
    answer = await _person(client, "/sns/jscode2session", query)
    return MiniSession(
        str(required(answer, "openid")), str(answer.get("session_key", "")), str(answer.get("unionid", ""))
    )


async def _person(client: Client, call: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    """Ask who somebody is, and refuse whoever is nobody."""
    answer = await client.ask_with_secret(call, query)
    if str(answer.get("is_snapshotuser", 0)) not in {"0", "", "False"}:
        raise SnapshotIdentityError(f"{call}: a snapshot page's virtual identity")
    return answer
