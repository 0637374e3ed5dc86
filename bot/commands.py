"""What the command line does, without its options and printing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, assert_never

import click

from bot import checking, seeding
from bot.app import build, utc_now, weights_of
from bot.dialogue import BEIJING
from bot.serving import opened, serve, supervise
from intents.decisions import Ambiguous, Decision, Match, NoMatch
from intents.evaluation import Query, decide_all, ranked_line, read_queries, read_subjects, report
from intents.evidence import explain
from intents.fitting import fit, with_errors
from intents.matcher import Index
from intents.weights import Weights
from knowledge.files import SAMPLE_FOLDER, KnowledgeFileError
from knowledge.gaps import Gap, gaps_of
from knowledge.snapshot import Snapshot, Snapshots, lexicon_of, subject_of
from messages import Inbound
from settings import Settings
from storage.stores import Stores
from wechat.render import plain_text

__all__ = [
    "ask",
    "chat",
    "check",
    "evaluate_files",
    "fit_files",
    "seed",
    "serve",
    "supervise",
]

NO_HALL: Final = "the database holds no hall yet; run `python -m bot seed` first"
MOST_UNANSWERED: Final = 5000
MOST_CONFIRMED: Final = 5000
FEWEST_LABELLED: Final = 100


async def snapshot_of(settings: Settings, stores: Stores) -> Snapshot:
    """Load the knowledge base of today. Raises `KnowledgeFileError` when there is none."""
    snapshots = Snapshots(weights_of(settings))
    await snapshots.refresh(stores.knowledge, utc_now().astimezone(BEIJING).date())
    if snapshots.current is None:
        raise KnowledgeFileError([NO_HALL])
    return snapshots.current


async def ask(settings: Settings, text: str, *, as_json: bool) -> str:
    """Understand one question; the decision with its evidence as text or JSON."""
    async with opened(settings) as stores:
        snapshot = await snapshot_of(settings, stores)
    decision = snapshot.decide(text)
    lines = explain(decision, snapshot.title)
    if as_json:
        return json.dumps(_as_dict(text, decision, lines, snapshot), ensure_ascii=False, indent=1)
    return "\n".join([_verdict(decision, snapshot), *(f"  {line}" for line in lines)])


def _verdict(decision: Decision, snapshot: Snapshot) -> str:
    sure = f"（把握 {decision.confidence:.2f}）"
    match decision:
        case Match():
            return f"回答：{snapshot.title(decision.id)}{sure}"
        case Ambiguous():
            return f"反问，请市民从 {len(decision.ids)} 个问题中选{sure}"
        case NoMatch():
            return f"不回答，没有合适的条目{sure}"


def _as_dict(text: str, decision: Decision, lines: Sequence[str], snapshot: Snapshot) -> dict[str, object]:
    names = {Match: "match", Ambiguous: "ambiguous", NoMatch: "none"}
    ids: tuple[str, ...] = ()
    match decision:
        case Match():
            ids = (decision.id,)
        case Ambiguous():
            ids = decision.ids
        case NoMatch():
            ids = decision.nearest
    return {
        "text": text,
        "decision": names[type(decision)],
        "confidence": round(decision.confidence, 4),
        "entries": [{"id": each, "question": snapshot.title(each)} for each in ids],
        "margin": round(decision.evidence.margin, 4),
        "ranked": [
            {
                "id": each.id,
                "question": snapshot.title(each.id),
                "score": round(each.score, 4),
                "phrasing": each.phrasing,
                "hits": [
                    {"word": hit.word, "weight": round(hit.weight, 4), "how": hit.how} for hit in each.hits
                ],
                "features": {name: round(value, 4) for name, value in each.features},
            }
            for each in decision.evidence.ranked
        ],
        "explanation": list(lines),
    }


async def chat(settings: Settings) -> None:
    """Hold a dialogue in the terminal with the real engine: stored turns, state and all."""
    async with opened(settings) as stores:
        parts = build(settings, stores)
        await parts.snapshots.refresh(stores.knowledge, utc_now().astimezone(BEIJING).date())
        user = f"sim_terminal_{int(utc_now().timestamp())}"
        click.echo("直接输入问题，空行或 Ctrl-D 结束。")
        number = 0
        while True:
            click.echo("市民：", nl=False)
            text = sys.stdin.readline().strip()
            if not text:
                return
            number += 1
            outgoing = await parts.engine.receive(
                Inbound(
                    key=f"{user}.{number}",
                    channel="official",
                    user=user,
                    account="terminal",
                    kind="text",
                    at=datetime.now(UTC),
                    order=number,
                    text=text,
                )
            )
            click.echo(f"助手：{plain_text(outgoing.parts) or '（没有回复）'}\n")


async def seed(settings: Settings, folder: Path, *, replace: bool) -> bool:
    """Load a hall from a folder of YAML files."""
    async with opened(settings) as stores:
        if not settings.production and folder == SAMPLE_FOLDER and not replace:
            return True  # `opened` has just done it, or it was there
        return await seeding.seed(
            stores.knowledge,
            folder=folder,
            replace=replace,
            today=utc_now().astimezone(BEIJING).date(),
        )


async def check(settings: Settings) -> list[checking.Finding]:
    """Check everything that can be checked without a citizen."""
    async with opened(settings) as stores:
        return await checking.check(settings, stores)


def evaluate_files(kb: Path, queries: Path, weights: Path | None, out: Path | None, *, as_json: bool) -> str:
    """Measure understanding on labelled questions; the report as text or JSON."""
    chosen = Weights.load(weights) if weights else Weights.builtin()
    labelled = read_queries(queries)
    index = Index.build(read_subjects(kb), weights=chosen)
    with progress("eval", len(labelled)) as bar:
        decisions, seconds = decide_all(index, labelled, progress=lambda done, _: bar.update(done - bar.pos))
    if out:
        lines = (ranked_line(*pair) for pair in zip(labelled, decisions, strict=True))
        out.write_text(
            "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8"
        )
    found = report(index, labelled, decisions, seconds)
    return json.dumps(found.as_dict(), ensure_ascii=False, indent=1) if as_json else found.as_text()


def fit_files(kb: Path, queries: Path, out: Path) -> str:
    """Fit weights on labelled questions and write them."""
    labelled = read_queries(queries)
    with progress("fit", len(with_errors(labelled))) as bar:
        fitted = fit(tuple(read_subjects(kb)), labelled, progress=lambda done, _: bar.update(done - bar.pos))
    fitted.save(out)
    return f"weights fitted on {len(labelled)} questions are in {out}"


async def fit_hall(settings: Settings, out: Path) -> str:
    """Fit weights on the hall's own gold questions and on questions whose answers were rated 有用."""
    async with opened(settings) as stores:
        loaded = await stores.knowledge.load()
        if loaded is None:
            raise KnowledgeFileError([NO_HALL])
        since = utc_now() - timedelta(days=settings.keep_turns_days)
        confirmed = await stores.turns.confirmed(since=since, limit=MOST_CONFIRMED)
    knowledge, today = loaded[1], utc_now().astimezone(BEIJING).date()
    live = [entry for entry in knowledge.entries if entry.answers_on(today)]
    known = {entry.id for entry in live}
    gold = [Query(f"gold-{number}", each.text, each.expected) for number, each in enumerate(knowledge.gold)]
    logs = [
        Query(f"log-{place}", text, (entry,))
        for place, (text, entry) in enumerate(confirmed)
        if entry in known
    ]
    labelled = [*gold, *logs]
    if len(labelled) < FEWEST_LABELLED:
        raise KnowledgeFileError(
            [f"only {len(labelled)} labelled questions; {FEWEST_LABELLED} are needed for honest weights"]
        )
    with progress("fit", len(with_errors(labelled))) as bar:
        fitted = fit(
            tuple(subject_of(entry) for entry in live),
            labelled,
            lexicon=lexicon_of(knowledge.hall),
            progress=lambda done, _: bar.update(done - bar.pos),
        )
    fitted.save(out)
    return (
        f"weights fitted on {len(gold)} gold questions and {len(logs)} confirmed ones are in {out}; "
        f"set BOT_WEIGHTS_FILE={out} to use them"
    )


async def gaps(settings: Settings, days: int, *, as_json: bool) -> str:
    """Group what found no answer or was rated 没用, with the proposal what to do. Applies nothing."""
    now = utc_now()
    async with opened(settings) as stores:
        snapshot = await snapshot_of(settings, stores)
        missed = await stores.turns.missed(since=now - timedelta(days=days), limit=MOST_UNANSWERED)
        decisions = await stores.gaps.decisions()
    found = gaps_of(missed, snapshot, decisions, now=now, threshold=settings.cluster_at)
    if as_json:
        return json.dumps([_gap(each, snapshot) for each in found], ensure_ascii=False, indent=1)
    return gaps_as_text(found, snapshot) or f"最近 {days} 天没有答不上来的问题。"


def gaps_as_text(found: Iterable[Gap], snapshot: Snapshot) -> str:
    """Write gaps for a clerk: how often, the question, what to do about it, and its other wordings."""
    return "\n".join(
        f"{each.count:>4} 次  {each.examples[0]}\n        {_proposal(each, snapshot)}"
        + "".join(f"\n        也问：{example}" for example in each.examples[1:])
        for each in found
    )


def _proposal(gap: Gap, snapshot: Snapshot) -> str:
    match gap.proposal:
        case "mend":
            return f"建议：改写“{snapshot.title(gap.entry_id)}”的答案（{gap.useless} 次被评“没用”）"
        case "alternate":
            return f"建议：加为“{snapshot.title(gap.entry_id)}”的相似问（把握 {gap.confidence:.2f}）"
        case "new":
            return "建议：新建条目"
        case _:
            assert_never(gap.proposal)


def _gap(gap: Gap, snapshot: Snapshot) -> dict[str, object]:
    entry = {"id": gap.entry_id, "question": snapshot.title(gap.entry_id)} if gap.entry_id else None
    return {
        "count": gap.count,
        "useless": gap.useless,
        "examples": list(gap.examples),
        "proposal": gap.proposal,
        "nearest": entry,
        "confidence": round(gap.confidence, 4),
    }


def progress(label: str, length: int) -> AbstractContextManager[Any]:
    """Make a progress bar on standard error, so that standard output stays clean for scripts."""
    return click.progressbar(length=length, label=label, file=sys.stderr)
