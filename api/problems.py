"""Refusals as RFC 9457 problems: what happened in a Chinese sentence that says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 20
_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这一项，请删去。",
    "json_invalid": "请求内容不是正确的 JSON。",
    "string_too_long": "最多 {max_length} 个字。",
    "string_too_short": "至少 {min_length} 个字。",
    "string_pattern_mismatch": "有不允许的字符。",
    "too_long": "最多 {max_length} 项。",
    "literal_error": "只能是 {expected} 之一。",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than_equal": "不能大于 {le}。",
    "timezone_aware": "时间要带时区，如 2026-11-23T08:00:00+08:00。",
}
"""By pydantic's kind of error; anything else is a value of the wrong kind."""
_WRONG_KIND: Final = "这一项的格式不对。"


class FieldError(BaseModel):
    """One mistake in what was sent."""

    field: str = Field(description="出错的位置，如 links/0/url；整个请求为空。")
    detail: str = Field(description="哪里不对、怎么改。")


class Problem(BaseModel):
    """The body of every refusal."""

    type: str = Field(description="错误种类，程序按它判断。")
    title: str = Field(description="错误种类的名称。")
    status: int = Field(description="HTTP 状态码。")
    detail: str = Field(description="给人看的一句话。")
    errors: list[FieldError] = Field(default_factory=list, description="逐项的错误。")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of refusal: its name in `type`, its status and its title."""

    name: str
    status: int
    title: str


MALFORMED: Final = Kind("malformed", 400, "请求不完整")
UNAUTHORIZED: Final = Kind("unauthorized", 401, "没有登录")
FORBIDDEN: Final = Kind("forbidden", 403, "没有权限")
NOT_FOUND: Final = Kind("not-found", 404, "没有找到")
NOT_ALLOWED: Final = Kind("method-not-allowed", 405, "不支持的方法")
CONFLICT: Final = Kind("step-refused", 409, "现在不能这样操作")
CHANGED: Final = Kind("changed-meanwhile", 412, "内容已被改过")
TOO_LARGE: Final = Kind("too-large", 413, "内容太大")
NOT_JSON: Final = Kind("not-json", 415, "要用 JSON")
INVALID: Final = Kind("invalid", 422, "内容有误")
NO_TOKEN: Final = Kind("version-needed", 428, "要说明依据的版本")
TOO_MANY: Final = Kind("too-many-requests", 429, "请求太频繁")
FAILED: Final = Kind("internal", 500, "系统出错")
UNAVAILABLE: Final = Kind("unavailable", 503, "暂时不可用")
KINDS: Final = (
    MALFORMED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED, CONFLICT, CHANGED, TOO_LARGE, NOT_JSON,
    INVALID, NO_TOKEN, TOO_MANY, FAILED, UNAVAILABLE,
)  # fmt: skip


class ProblemError(Exception):
    """The request is refused."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)[:MOST_ERRORS]
        self.headers = dict(headers or {})


def problem_response(error: ProblemError) -> web.Response:
    """Answer with a problem."""
    kind = error.kind
    problem = Problem(
        type=f"urn:lingjuli:problem:{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=error.detail,
        errors=error.errors,
    )
    body = json.dumps(problem.model_dump(), ensure_ascii=False).encode()
    return web.Response(status=kind.status, body=body, content_type=MEDIA_TYPE, headers=error.headers)


def invalid(error: ValidationError) -> ProblemError:
    """What pydantic found wrong with a request, in Chinese; nothing of what was sent is repeated."""
    found = error.errors(include_url=False, include_context=True, include_input=False)
    errors = [FieldError(field="/".join(map(str, each["loc"])), detail=_sentence(each)) for each in found]
    broken = any(each["type"] == "json_invalid" for each in found)
    first = errors[0]
    where = f"“{first.field}”：" if first.field else ""
    return ProblemError(MALFORMED if broken else INVALID, where + first.detail, errors=errors)


def wrong_field(field: str, detail: str) -> ProblemError:
    """One field that is wrong for another reason than its shape."""
    return ProblemError(INVALID, detail, errors=[FieldError(field=field, detail=detail)])


def of_http(error: web.HTTPException) -> ProblemError:
    """What aiohttp refuses by itself: unknown addresses, wrong methods, bodies that are too large."""
    match error.status:
        case HTTPStatus.NOT_FOUND:
            return ProblemError(NOT_FOUND, "没有这个接口，请对照 /api/v1/openapi.json。")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = error.headers.get("Allow", "")
            return ProblemError(NOT_ALLOWED, f"这个接口只接受 {allowed}。", headers={"Allow": allowed})
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return ProblemError(TOO_LARGE, "内容太大，请精简后再发。")
        case _:
            return ProblemError(MALFORMED, "请求不完整，请检查后再发。")


def _sentence(found: ErrorDetails) -> str:
    context: Mapping[str, Any] = found.get("ctx", {})
    return _SENTENCES.get(found["type"], _WRONG_KIND).format(**context)
