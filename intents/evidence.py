"""Say in Chinese, for a clerk, why a decision was taken."""

from __future__ import annotations

from collections.abc import Callable

from intents.decisions import Ambiguous, Candidate, Decision, Match

SHOWN_HITS = 6


def explain(decision: Decision, title_of: Callable[[str], str]) -> list[str]:
    """Return sentences; `title_of` gives an entry's standard question."""
    evidence = decision.evidence
    lines = [
        _verdict(decision, title_of),
        f"读作：“{evidence.normalised}”" if evidence.normalised else "这句话里没有可以查找的文字",
    ]
    if evidence.ranked:
        best = evidence.ranked[0]
        lines.append(f"最接近的问法：“{best.phrasing}”")
        if best.hits:
            lines.append(
                "依据：" + "、".join(_hit(hit.word, hit.how, hit.weight) for hit in best.hits[:SHOWN_HITS])
            )
        if len(evidence.ranked) > 1:
            lines.append(_runner_up(evidence.ranked[1], evidence.margin, title_of))
    lines.extend(evidence.notes)
    return lines


def _verdict(decision: Decision, title_of: Callable[[str], str]) -> str:
    sure = f"{decision.confidence:.0%}"
    match decision:
        case Match(id=id_):
            return f"直接回答：“{title_of(id_)}”，把握约 {sure}"
        case Ambiguous(ids=ids):
            return f"拿不准，请对方从 {len(ids)} 个条目里选，首选“{title_of(ids[0])}”把握约 {sure}"
        case _:
            return f"没有合适的条目，最接近的把握也只有约 {sure}"


def _hit(word: str, how: str, weight: float) -> str:
    return f"{word}（{how}，{weight:.0%}）"


def _runner_up(second: Candidate, margin: float, title_of: Callable[[str], str]) -> str:
    close = "，两者很接近" if margin < 0.5 else ""  # noqa: PLR2004 - half a unit of log-odds
    return f"第二名：“{title_of(second.id)}”，落后 {margin:.1f} 分{close}"
