"""The platform's error codes: of what kind each is, whether trying again can help, and what to do.

Source: 全局返回码, 发送客服消息 and 发送订阅通知 (error codes);
shared/WECHAT.md section 4 says what is known of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

TOKEN_CODES: Final = frozenset({40001, 40014, 42001})
"""The access token is wrong or has run out: fetch a new one once."""

RefusalKind = Literal[
    "token", "busy", "quota", "window", "recipient", "consent", "permission", "content", "other"
]
"""`window`: nothing more may be sent until the citizen does something. `recipient`: this person can't be
reached by us at all. `consent`: no subscription of this template is left. `permission`: the account, its
secret or its address list has to be put right by an administrator. `content`: this message is at fault."""

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one error code means for us."""

    kind: RefusalKind
    advice: str
    retryable: bool = False
    wait_seconds: float = 0.0
    """Trying again is pointless before this."""


def _passing(kind: RefusalKind, advice: str, wait_seconds: float = 0.0) -> Refusal:
    return Refusal(kind, advice, retryable=True, wait_seconds=wait_seconds)


_BUSY: Final = _passing("busy", "微信繁忙，系统会自动重试。")
_ALLOW_LIST: Final = _passing(
    "permission", "服务器地址不在公众平台的 IP 白名单里，请管理员添加后等待自动重试。", 5 * _MINUTE
)
_CONFIRM: Final = _passing(
    "permission", "微信要求管理员确认这次调用，请管理员查看微信里的确认消息。", 5 * _MINUTE
)
_SECRET: Final = _passing(
    "permission", "AppSecret 不正确或已被冻结，请管理员到公众平台核对后更新设置。", 5 * _MINUTE
)
_TOKEN: Final = _passing("token", "接口凭证无效，请管理员核对 AppID 和 AppSecret。", 5 * _MINUTE)
_USED_CODE: Final = Refusal("other", "登录凭证无效、已过期或已用过，请用户重新进入页面。")

_REFUSALS: Final[Mapping[int, Refusal]] = {
    -1: _BUSY,
    268487001: _BUSY,
    268487002: _BUSY,
    40001: _TOKEN,
    40014: _TOKEN,
    42001: _passing("token", "接口凭证过期，系统会自动重试。", _MINUTE),
    40013: _passing("permission", "AppID 不正确，请管理员核对设置。", 5 * _MINUTE),
    40125: _SECRET,
    40243: _SECRET,
    40003: Refusal("content", "这位用户不属于本账号，消息无法送达。"),
    40029: _USED_CODE,
    40163: _USED_CODE,
    40033: Refusal("content", "内容里有微信不接受的字符，请修改后再提交。"),
    40037: Refusal("content", "消息模板编号不正确，请管理员核对。"),
    40164: _ALLOW_LIST,
    61004: _ALLOW_LIST,
    43004: Refusal("recipient", "用户没有关注公众号，消息无法送达。"),
    43101: Refusal("consent", "用户没有订阅这类通知，或订阅次数已用完。"),
    43108: _passing("busy", "正在给同一位用户发送别的消息，系统会自动重试。"),
    44990: _passing("busy", "调用太频繁，系统会自动重试。", _MINUTE),
    45002: Refusal("content", "消息超过微信的长度限制，请缩短条目内容。"),
    45008: Refusal("content", "图文条数超过微信的限制。"),
    45009: _passing("quota", "今天的接口次数已用完，明天恢复。", _HOUR),
    45011: _passing("busy", "这一分钟调用太频繁，系统会自动重试。", _MINUTE),
    45015: Refusal("window", "用户超过 48 小时没有发消息或已取消关注，微信不允许再发送。"),
    45047: Refusal("window", "给这位用户的条数已用完，要等用户再发一条消息。"),
    45168: Refusal("content", "内容含有微信不允许的词语，请修改条目。"),
    45171: Refusal("other", "有用户的标签数已达上限，请先清理标签。"),
    46003: Refusal("other", "账号还没有自定义菜单。"),
    47003: Refusal("content", "模板内容不符合要求，请核对每一项的格式和长度。"),
    48001: Refusal("permission", "账号没有这个接口的权限，请管理员确认账号已认证并已开通。"),
    48002: Refusal("recipient", "用户设置了不接收消息。"),
    65402: Refusal("other", "客服账号还没有绑定微信号，请先邀请并由客服本人确认。"),
    65415: Refusal("other", "客服不在线，请先登录微信客服。"),
    70000: Refusal("recipient", "未成年人保护限制，消息无法送达。"),
    89503: _CONFIRM,
    89506: _CONFIRM,
    89507: _CONFIRM,
}


def refusal(code: int) -> Refusal:
    """What to do about an error code; an unknown one is not tried again."""
    known = _REFUSALS.get(code)
    return known or Refusal("other", f"微信返回错误码 {code}，请管理员查看公众平台的错误码说明。")
