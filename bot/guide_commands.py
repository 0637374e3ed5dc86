"""`python -m bot guides import | export`: guides as JSONL, one a line; refused while the proof fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from bot.app import utc_now
from bot.commands import NO_HALL
from bot.dialogue import BEIJING
from bot.serving import opened
from bot.terminal import FILE, fail, run, settings_or_fail
from knowledge.checks import problems_of
from knowledge.files import Knowledge, KnowledgeFileError, guide_line, read_guides
from knowledge.guides import Guide
from settings import Settings


@dataclass(frozen=True, slots=True)
class GuideImport:
    """What an import of guides does, or what keeps it from doing anything."""

    added: int
    changed: tuple[Guide, ...]
    """New and different ones, as they will be written."""
    unchanged: int
    problems: tuple[str, ...]


@click.group()
def guides() -> None:
    """Guides with their scenes, in and out."""


@guides.command(name="import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only say what would change, and what is wrong.")
def import_(file: Path, *, dry_run: bool) -> None:
    """Add or change guides from FILE (.jsonl): all or none, and none while one fails its proof."""
    plan = run(import_file(settings_or_fail(), file, dry_run=dry_run))
    if plan.problems:
        fail("nothing was imported:\n" + "\n".join(plan.problems))
    would = "would be " if dry_run else ""
    changed = len(plan.changed) - plan.added
    click.echo(f"{plan.added} {would}added, {changed} {would}changed, {plan.unchanged} as before")


@guides.command()
@click.argument("file", type=FILE)
def export(file: Path) -> None:
    """Write all guides to FILE (.jsonl); `guides import` reads it back without loss."""
    click.echo(f"{run(export_file(settings_or_fail(), file))} guides written to {file}")


def plan_import(knowledge: Knowledge, given: tuple[Guide, ...], today: date) -> GuideImport:
    """Compare guides with those of the hall, and prove what would come of it. Pure."""
    before = {guide.id: guide for guide in knowledge.guides}
    after = replace(knowledge, guides=tuple({**before, **{guide.id: guide for guide in given}}.values()))
    known = set(problems_of(knowledge, today=today))
    problems = [each for each in problems_of(after, today=today) if each not in known]
    if len({guide.id for guide in given}) < len(given):
        problems.insert(0, "an id is used twice in the file; give each guide its own")
    changed = tuple(guide for guide in given if before.get(guide.id) != guide)
    added = sum(guide.id not in before for guide in changed)
    return GuideImport(added, changed, len(given) - len(changed), tuple(problems))


async def import_file(settings: Settings, path: Path, *, dry_run: bool) -> GuideImport:
    """Carry out what `plan_import` found, unless something is wrong."""
    given = read_guides(path)
    async with opened(settings) as stores:
        loaded = await stores.knowledge.load()
        if loaded is None:
            raise KnowledgeFileError([NO_HALL])
        revision, knowledge = loaded
        plan = plan_import(knowledge, given, utc_now().astimezone(BEIJING).date())
        if plan.changed and not plan.problems and not dry_run:
            await stores.knowledge.put_guides(plan.changed, revision=revision)
    return plan


async def export_file(settings: Settings, path: Path) -> int:
    """Write all guides, whole or not at all; returns how many."""
    async with opened(settings) as stores:
        loaded = await stores.knowledge.load()
    if loaded is None:
        raise KnowledgeFileError([NO_HALL])
    fresh = path.with_name(path.name + ".new")
    fresh.write_text("".join(f"{guide_line(each)}\n" for each in loaded[1].guides), encoding="utf-8")
    fresh.replace(path)
    return len(loaded[1].guides)
