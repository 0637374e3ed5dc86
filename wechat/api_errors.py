"""What can come of a call of the platform's API.

ApiError                      the call did not succeed
├── UnreachableError          nothing reached the platform: safe to try again
│   └── NoTokenError          no access token was to be had, so nothing was sent
├── UncertainError            the request left, no answer came: it may have been done, don't repeat blindly
├── SnapshotIdentityError     the platform gave a virtual identity (快照页): nobody to make an account for
└── RefusedError              the platform said no: `code`, whether trying again can help, and what to do
    ├── TokenRefusedError     the access token is wrong, and so was the one fetched after it
    ├── BusyError             too much at this moment
    ├── QuotaError            the day's calls are used up
    ├── WindowClosedError     nothing may be sent until the citizen does something
    ├── RecipientError        this person can't be reached by this account
    ├── ConsentError          no subscription of this template is left
    ├── PermissionRefusedError  an administrator has to put the account right
    └── ContentRefusedError   this very message is at fault

Texts name the call and the platform's code, never an address, a token, a secret or an openid; foreign
exceptions are cut off (`from None`), because their texts hold all of these. `advice` is for staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wechat.refusals import RefusalKind, refusal


class ApiError(Exception):
    """A call that did not succeed."""

    advice = "调用微信接口失败。"


class UnreachableError(ApiError):
    """Nothing was sent."""

    advice = "连不上微信服务器，稍后自动重试。"


class NoTokenError(UnreachableError):
    """No access token was to be had."""

    advice = "暂时取不到接口凭证，稍后自动重试。"

    def __init__(self, text: str, advice: str = "", wait_seconds: float = 0.0) -> None:
        super().__init__(text)
        self.advice = advice or type(self).advice
        self.wait_seconds = wait_seconds


class UncertainError(ApiError):
    """The request left, but what became of it is not known."""

    advice = "发出后没有收到微信的回应，可能已送达，不自动重发。"


class SnapshotIdentityError(ApiError):
    """The page was opened in snapshot mode: the openid is a made-up one."""

    advice = "当前是快照页，请点击页面右下角“使用完整服务”后再办理。"


class RefusedError(ApiError):
    """The platform answered with an error code."""

    def __init__(self, call: str, code: int, request_id: str = "") -> None:
        known = refusal(code)
        super().__init__(f"{call} was refused with {code}" + (f" (rid {request_id})" if request_id else ""))
        self.code = code
        self.kind = known.kind
        self.retryable = known.retryable
        self.wait_seconds = known.wait_seconds
        self.advice = known.advice


class TokenRefusedError(RefusedError):
    """The access token is wrong, and so was the one fetched after it."""


class BusyError(RefusedError):
    """Too much at this moment."""


class QuotaError(RefusedError):
    """The day's calls are used up."""


class WindowClosedError(RefusedError):
    """Nothing may be sent until the citizen does something."""


class RecipientError(RefusedError):
    """This person can't be reached by this account."""


class ConsentError(RefusedError):
    """No subscription of this template is left."""


class PermissionRefusedError(RefusedError):
    """An administrator has to put the account right."""


class ContentRefusedError(RefusedError):
    """This very message is at fault."""


_BY_KIND: Final[Mapping[RefusalKind, type[RefusedError]]] = {
    "token": TokenRefusedError,
    "busy": BusyError,
    "quota": QuotaError,
    "window": WindowClosedError,
    "recipient": RecipientError,
    "consent": ConsentError,
    "permission": PermissionRefusedError,
    "content": ContentRefusedError,
    "other": RefusedError,
}


def refused(call: str, code: int, request_id: str = "") -> RefusedError:
    """The error of the right class for an error code."""
    return _BY_KIND[refusal(code).kind](call, code, request_id)
