"""What `python -m bot gaps` proposes, in a clerk's words."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.commands import gaps_as_text
from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.gaps import Missed, gaps_of
from knowledge.snapshot import build

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_each_gap_says_what_a_clerk_can_do() -> None:
    snapshot = build(1, read_folder(SAMPLE_FOLDER), date(2026, 11, 23))
    missed = [
        Missed("身份证丢了怎么补", NOW, "birth-registration"),
        Missed("身份证丢了怎么补呢", NOW, "birth-registration"),
        Missed("恐龙化石怎么修补", NOW),
        Missed("结婚登记要带什么呀", NOW),
    ]
    text = gaps_as_text(gaps_of(missed, snapshot, [], now=NOW), snapshot)
    title = snapshot.title("birth-registration")
    assert f"身份证丢了怎么补\n        建议：改写“{title}”的答案（2 次被评“没用”）" in text
    assert "恐龙化石怎么修补\n        建议：新建条目" in text
    assert "建议：加为“" in text.split("结婚登记要带什么呀")[1]
    assert text.startswith("   2 次  身份证丢了怎么补")
