"""The command line. Exit codes: 0 done, 1 something is wrong (said in one line), 2 wrong usage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bot import commands, guide_commands, menu_commands, outbox_commands, sheet_commands, staff_commands
from bot.telemetry import configure_logging
from bot.terminal import EXPECTED, FILE, fail, run, settings_or_fail
from bot.workers import Berth, die_with_parent
from knowledge.files import SAMPLE_FOLDER


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """零距离: the WeChat assistant of a government service hall."""


for command in (
    *(outbox_commands.outbox, menu_commands.menu, menu_commands.qr, staff_commands.staff),
    guide_commands.guides,
    *(sheet_commands.import_, sheet_commands.export, sheet_commands.template),
):
    main.add_command(command)


@main.command()
@click.option("--host", help="Address to listen on (BOT_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (BOT_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--worker", type=int, nargs=3, hidden=True)
def serve(host: str | None, port: int | None, workers: int, worker: tuple[int, int, int] | None) -> None:
    """Answer WeChat, and serve the pages. Several workers are replaced without a gap on SIGHUP."""
    if worker:
        die_with_parent(Berth(*worker).parent)
    settings = settings_or_fail(host=host, port=port)
    configure_logging(settings.log_format)
    if workers > 1:
        run(commands.supervise(settings, workers))
    else:
        run(commands.serve(settings, berth=Berth(*worker) if worker else None))


@main.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ask(text: str, *, as_json: bool) -> None:
    """Understand one question and say why."""
    click.echo(run(commands.ask(settings_or_fail(), text, as_json=as_json)))


@main.command()
def chat() -> None:
    """Talk to the hall in the terminal, through the real rules and the real database."""
    run(commands.chat(settings_or_fail()))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(*, as_json: bool) -> None:
    """Say what is wrong with settings, database, indexes, knowledge base and guides, and what to do."""
    findings = run(commands.check(settings_or_fail()))
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            click.echo(finding.line())
    if any(finding.wrong for finding in findings):
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=SAMPLE_FOLDER)
@click.option(
    "--replace", is_flag=True, help="Replace the hall that is there. Entries edited since are lost."
)
def seed(folder: Path, *, replace: bool) -> None:
    """Load a hall from a FOLDER of YAML files (the sample hall) when there is none yet."""
    if run(commands.seed(settings_or_fail(), folder, replace=replace)):
        click.echo(f"the hall of {folder} is loaded")
    else:
        click.echo("there is a hall already; nothing was changed (--replace replaces it)")


@main.command(name="eval")
@click.option("--kb", type=FILE, required=True, help="Knowledge base, JSONL.")
@click.option("--queries", type=FILE, required=True, help="Labelled queries, JSONL.")
@click.option("--weights", type=FILE, help="Weights made by `fit`; default: the built-in ones.")
@click.option("--out", type=FILE, help="Write the ranked entries of each query, JSONL.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def eval_(kb: Path, queries: Path, weights: Path | None, out: Path | None, *, as_json: bool) -> None:
    """Measure understanding on labelled questions. Needs no database."""
    click.echo(guarded(lambda: commands.evaluate_files(kb, queries, weights, out, as_json=as_json)))


@main.command()
@click.option("--kb", type=FILE, help="Knowledge base, JSONL; default: the hall in the database.")
@click.option(
    "--queries",
    type=FILE,
    help="Labelled queries, JSONL; default: the hall's gold questions and confirmed logs.",
)
@click.option("--out", type=FILE, required=True, help="Where to write the weights.")
def fit(kb: Path | None, queries: Path | None, out: Path) -> None:
    """Fit weights and thresholds on labelled questions (cross-fitted)."""
    if (kb is None) != (queries is None):
        raise click.UsageError("give both --kb and --queries, or neither to fit on the hall in the database")
    if kb is None or queries is None:
        click.echo(run(commands.fit_hall(settings_or_fail(), out)))
    else:
        click.echo(guarded(lambda: commands.fit_files(kb, queries, out)))


@main.command()
@click.option(
    "--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How far back to look."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def gaps(days: int, *, as_json: bool) -> None:
    """Group what citizens asked and did not get: how often, examples, and what a clerk could do."""
    click.echo(run(commands.gaps(settings_or_fail(), days, as_json=as_json)))


def guarded(work: Any) -> str:
    """Run work without an event loop; what a user can get wrong is said in one line."""
    try:
        return str(work())
    except EXPECTED as error:
        fail(str(error))
