"""`python -m tests.soak`: all trials, their counts as a Markdown table; fails when a count is wrong.

Everything runs on loopback, in a temporary folder, and ends by itself.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import click

from tests.soak.counting import table
from tests.soak.scenarios import LONG, SHORT, TRIALS, Outcome, Size, Trial, run


def chosen(words: tuple[str, ...]) -> list[Trial]:
    found = [trial for trial in TRIALS if not words or any(word in trial.name for word in words)]
    if not found:
        raise click.ClickException("no trial of that name: " + "; ".join(trial.name for trial in TRIALS))
    return found


def shown(outcomes: list[Outcome]) -> str:
    return table([(each.trial.name, each.faults, each.seconds, each.account) for each in outcomes])


async def run_all(trials: list[Trial], size: Size, folder: Path, seed: int) -> list[Outcome]:
    """Run one after another; what is known is printed after each, should a later one not end."""
    outcomes: list[Outcome] = []
    for number, trial in enumerate(trials):
        click.echo(f"{trial.name} …", err=True)
        outcome = await run(trial, size, folder / str(number), seed=seed)
        outcomes.append(outcome)
        problems = outcome.account.problems
        click.echo(
            f"  {outcome.seconds:.0f} s, {outcome.faults}: {problems or 'all accounted for'}", err=True
        )
        for line in [*outcome.account.log_errors, *outcome.account.examples][:10]:
            click.echo(f"  {line}", err=True)
        click.echo(shown(outcomes), err=True)
    return outcomes


@click.command()
@click.option("--kills", default=LONG.kills, show_default=True, type=click.IntRange(1, 1000))
@click.option("--outages", default=LONG.outages, show_default=True, type=click.IntRange(1, 100))
@click.option("--step-downs", default=LONG.step_downs, show_default=True, type=click.IntRange(1, 100))
@click.option("--seconds", default=LONG.quiet_seconds, show_default=True, type=click.FloatRange(1, 3600))
@click.option("--citizens", default=LONG.citizens, show_default=True, type=click.IntRange(1, 1000))
@click.option("--pause", default=LONG.pause_seconds, show_default=True, type=click.FloatRange(0, 60))
@click.option("--seed", default=1, show_default=True)
@click.option("--only", multiple=True, help="Trials whose name holds this word.")
@click.option("--short", is_flag=True, help="The form that the tests run.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the table here, too.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for logs and data, kept afterwards.")
def main(
    *,
    kills: int,
    outages: int,
    step_downs: int,
    seconds: float,
    citizens: int,
    pause: float,
    seed: int,
    only: tuple[str, ...],
    short: bool,
    out: Path | None,
    keep: Path | None,
) -> None:
    """Break the program on purpose under load, and account for every message."""
    size = (
        SHORT if short else Size(kills, outages, step_downs, seconds, citizens=citizens, pause_seconds=pause)
    )
    folder = keep or Path(tempfile.mkdtemp(prefix="lingjuli-soak-"))
    try:
        outcomes = asyncio.run(run_all(chosen(only), size, folder, seed))
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    made = shown(outcomes)
    click.echo(made)
    if out is not None:
        out.write_text(made + "\n", encoding="utf-8")
    if any(each.account.problems for each in outcomes):
        raise click.ClickException("messages are not accounted for; see above")


if __name__ == "__main__":
    main()
