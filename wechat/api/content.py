"""Checks of what citizens write where others can read it (文本内容安全识别, version 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from wechat.client import Client

Scene = Literal["profile", "comment", "forum", "social"]
Suggestion = Literal["pass", "review", "risky"]
_SCENES: Final[Mapping[Scene, int]] = {"profile": 1, "comment": 2, "forum": 3, "social": 4}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the platform thinks of a text."""

    suggestion: Suggestion
    label: int = 0

    @property
    def clean(self) -> bool:
        """Whether it may be shown without anybody looking at it."""
        return self.suggestion == "pass"


async def check_text(client: Client, openid: str, text: str, *, scene: Scene) -> Verdict:
    """Check a text. `result.suggest` decides: error code 0 says only that it was checked.

    An answer without a suggestion, or with one that is not known, wants a person to look.
    """
    payload = {"version": 2, "openid": openid, "scene": _SCENES[scene], "content": text}
    answer = await client.post("/wxa/msg_sec_check", payload)
    result = answer.get("result")
    found = result if isinstance(result, Mapping) else {}
    suggest = found.get("suggest")
    label = found.get("label", 0)
    known = suggest if suggest in {"pass", "review", "risky"} else "review"
    return Verdict(cast("Suggestion", known), label if isinstance(label, int) else 0)
