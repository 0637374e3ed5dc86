"""What can be wrong with a request that claims to come from WeChat.

CodecError                 the request is refused, nothing of it is kept
├── ForgedError    (403)   it does not prove that it comes from WeChat, now, for this account
└── MalformedError (400)   it may well come from WeChat, but can't be read

`reason` is a short fixed word (for counters and logs, never anything of the request itself);
`advice` says what the operator can do about it, where there is something to do.
"""

from __future__ import annotations

from typing import ClassVar


class CodecError(Exception):
    """A request that is refused."""

    status: ClassVar[int] = 400

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason}: {advice}" if advice else reason)
        self.reason = reason
        self.advice = advice


class ForgedError(CodecError):
    """The request does not prove where it comes from."""

    status: ClassVar[int] = 403


class MalformedError(CodecError):
    """The request can't be read."""

    status: ClassVar[int] = 400
