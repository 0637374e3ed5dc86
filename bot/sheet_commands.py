"""`python -m bot import | export | template`: entries as .xlsx, .csv and .jsonl, told by the file's name."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from bot.commands import NO_HALL
from bot.serving import opened
from bot.terminal import FILE, fail, run, settings_or_fail
from knowledge.files import Knowledge, KnowledgeFileError
from knowledge.sheets.formats import format_of, refuse_size
from knowledge.sheets.plan import ImportPlan, Mode, apply_plan, plan_import
from knowledge.sheets.write import write_entries, write_template
from settings import Settings
from storage.stores import Stores

MOST_SHOWN: Final = 50
"""How many entries of each sort a dry run names."""


@click.command(name="import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--replace", "replaces", is_flag=True, help="Also remove the entries that FILE does not name.")
def import_(file: Path, *, dry_run: bool, replaces: bool) -> None:
    """Add or change entries from FILE (.xlsx, .csv or .jsonl): all or none."""
    mode: Mode = "replace" if replaces else "merge"
    plan = run(import_file(settings_or_fail(), file, dry_run=dry_run, mode=mode))
    if not plan.ready:
        fail("nothing was imported:\n" + "\n".join(plan.lines()))
    click.echo(summary(plan, would="would be " if dry_run else ""))
    if dry_run:
        for line in details(plan):
            click.echo(line)


@click.command()
@click.argument("file", type=FILE)
def export(file: Path) -> None:
    """Write all entries to FILE (.xlsx, .csv or .jsonl); `import` reads it back without loss."""
    count = run(export_file(settings_or_fail(), file))
    click.echo(f"{count} entries written to {file}")


@click.command()
@click.argument("file", type=FILE)
def template(file: Path) -> None:
    """Write an empty FILE.xlsx to fill in, with explanations and the hall's names to choose from."""
    run(template_file(settings_or_fail(), file))
    click.echo(f"the template is in {file}")


async def import_file(settings: Settings, path: Path, *, dry_run: bool, mode: Mode) -> ImportPlan:
    """Compare a file with the knowledge base, and carry that out unless something is wrong."""
    data = _read(path)
    async with opened(settings) as stores:
        revision, knowledge = await _loaded(stores)
        with click.progressbar(
            length=1, label="import", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:

            def tell(done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)

            plan = await asyncio.to_thread(
                plan_import, path.name, data, knowledge, revision=revision, mode=mode, progress=tell
            )
        if plan.ready and not dry_run:
            await apply_plan(stores.knowledge, plan)
    return plan


async def export_file(settings: Settings, path: Path) -> int:
    """Write all entries, whole or not at all; returns how many."""
    kind = format_of(path.name)
    async with opened(settings) as stores:
        _, knowledge = await _loaded(stores)
    _write(path, await asyncio.to_thread(write_entries, kind, knowledge))
    return len(knowledge.entries)


async def template_file(settings: Settings, path: Path) -> None:
    """Write the template of this hall."""
    if format_of(path.name) != "xlsx":
        raise KnowledgeFileError(["the template is an .xlsx; give it a name that ends so"])
    async with opened(settings) as stores:
        _, knowledge = await _loaded(stores)
    _write(path, await asyncio.to_thread(write_template, knowledge))


async def _loaded(stores: Stores) -> tuple[int, Knowledge]:
    loaded = await stores.knowledge.load()
    if loaded is None:
        raise KnowledgeFileError([NO_HALL])
    return loaded


def _read(path: Path) -> bytes:
    format_of(path.name)
    refuse_size(path.stat().st_size)
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    fresh.replace(path)


def summary(plan: ImportPlan, *, would: str) -> str:
    """Say in one line what an import did, or would do."""
    said = f"{len(plan.added)} {would}added, {len(plan.changed)} {would}changed, {plan.unchanged} as before"
    return f"{said}, {len(plan.removed)} {would}removed" if plan.mode == "replace" else said


def details(plan: ImportPlan) -> Iterator[str]:
    """Name what would change: `+` new, `~` changed with its fields, `-` removed."""
    found = (
        [f"+ {each.after.id}  {each.after.question}" for each in plan.added],
        [f"~ {each.after.id}  {'、'.join(field.header for field in each.fields)}" for each in plan.changed],
        [f"- {each.id}  {each.question}" for each in plan.removed],
    )
    for lines in found:
        yield from lines[:MOST_SHOWN]
        if len(lines) > MOST_SHOWN:
            yield f"  … and {len(lines) - MOST_SHOWN} more"
