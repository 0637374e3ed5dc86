"""The tables of the throughput benchmark, in Markdown, and the facts of the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

COLUMNS: Final = (
    "server",
    "messages/s",
    "of bare",
    "p50 ms",
    "p99 ms",
    "CPU ms a message",
    "times bare",
    "database CPU ms",
    "cores busy",
    "refused, failed",
)


def facts() -> dict[str, str]:
    """What the figures were measured on, and how busy it was with other things."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("model name\t: ")[2].partition("\n")[0]
    packages = ("aiohttp", "motor", "pymongo", "gunicorn", "flask", "werobot")
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores",
        "system": platform.platform(terse=True),
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in packages),
        "load average": f"{os.getloadavg()[0]:.1f}",
    }


def table(measured: dict[str, Any], *, bare: str) -> str:
    """All tables."""
    targets = measured["targets"]
    base = targets[bare]["full"]
    lines = [f"- {name}: {value}" for name, value in measured["machine"].items()]
    lines += [
        f"- driver: {measured['driver']}; {measured['seconds']:g} s a run, medians of the rounds",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(name, each["full"], base) for name, each in targets.items()]
    halves = [(name, each["half"]) for name, each in targets.items() if "half" in each]
    if halves:
        lines += ["", "| at half load | messages/s | p50 ms | p99 ms |", "|---|---|---|---|"]
        lines += [
            f"| {name} | {half['per_second']:.0f} | {half['p50_ms']:.1f} | {half['p99_ms']:.1f} |"
            for name, half in halves
        ]
    lines += ["", "| step of one message | CPU µs |", "|---|---|"]
    lines += [f"| {name} | {value:.0f} |" for name, value in measured["steps_us"].items()]
    return "\n".join(lines) + "\n"


def _row(name: str, full: dict[str, float], base: dict[str, float]) -> str:
    return (
        f"| {name} | {full['per_second']:.0f} | {full['per_second'] / base['per_second']:.1%} "
        f"| {full['p50_ms']:.1f} | {full['p99_ms']:.1f} "
        f"| {full['server_ms']:.3f} | {full['server_ms'] / base['server_ms']:.1f} "
        f"| {full['database_ms']:.3f} | {full['server_busy']:.2f} "
        f"| {full['refused']:.0f}, {full['failed']:.0f} |"
    )
