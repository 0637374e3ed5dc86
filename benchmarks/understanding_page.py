"""Tables and picture of `benchmarks.understanding`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MEASURES = ("recall_1", "auroc", "right_at_fa10")
TITLES = ("recall@1", "AUROC", "right@fa10")


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _head(*names: str) -> list[str]:
    return [_row(names), _row(["---"] * len(names))]


def _accuracy(sets: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield from _head("set", "method", *TITLES, "calibration error", "median ms", "p99 ms")
    for one in sets:
        for name in ("fitted", "built-in"):
            own = one[name]
            yield _row(
                [one["set"], f"**{name}**", *(_share(own[measure]) for measure in MEASURES),
                 _share(own["calibration_error"]), f"{own['median_ms']:.2f}", f"{own['p99_ms']:.2f}"]
            )  # fmt: skip
        for name, peer in one["peers"].items():
            yield _row(
                [one["set"], name, *(_share(peer[m]) for m in MEASURES), "–", f"{peer['median_ms']:.2f}", "–"]
            )


def _noise(sets: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield from _head("set", "weights", "clean", "homophone", "dropped character", "traditional script")
    for one in sets:
        for name, found in one["noise"].items():
            yield _row(
                [
                    one["set"],
                    name,
                    *(_share(found[k]) for k in ("clean", "homophone", "dropped", "traditional")),
                ]
            )


def _ablation(sets: Sequence[dict[str, Any]]) -> Iterator[str]:
    if sets:
        yield from _head("recall@1, fitted", *(one["set"] for one in sets))
        for part in sets[0]["ablation"]:
            yield _row([part, *(_share(one["ablation"][part]) for one in sets)])


SCALE = {
    "build_s": "build s",
    "memory_mb": "memory MB",
    "median_ms": "median ms",
    "p99_ms": "p99 ms",
    "median_cpu_ms": "median ms (CPU)",
    "p99_cpu_ms": "p99 ms (CPU)",
    "hostile_cpu_ms": "hostile, worst ms (CPU)",
    "edit_s": "edit s",
    "edit_cpu_s": "edit s (CPU)",
    "held_ms": "lock held ms (CPU)",
}


def _scale(sizes: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield from _head("phrasings", *SCALE.values())
    for size in sizes:
        yield _row([f"{size['phrasings']:,}", *(f"{size[name]:.2f}" for name in SCALE)])


def table(measured: dict[str, Any]) -> str:
    """Return all tables as Markdown."""
    parts = [
        ("Accuracy on the judged half", _accuracy(measured["sets"])),
        ("Typing noise: recall@1", _noise(measured["sets"])),
        ("What each part brings", _ablation(measured["sets"])),
        ("Size and time", _scale(measured["scale"])),
    ]
    return "\n".join(line for title, rows in parts for line in (f"## {title}", "", *rows, ""))


def picture(measured: dict[str, Any], path: Path) -> None:
    """Draw recall@1 and right@fa10 per set, with the plain methods beside."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sets = measured["sets"]
    names = ["fitted", "built-in", *(sets[0]["peers"] if sets else [])]
    colours = ["#1456b8", "#6f9bd8", "#8c8c8c", "#b3b3b3", "#d4d4d4"]
    figure, axes = plt.subplots(1, 2, figsize=(12, 4), sharey=True)
    for axis, measure, title in zip(
        axes, ("recall_1", "right_at_fa10"), ("recall@1", "right@fa10"), strict=True
    ):
        for number, name in enumerate(names):
            values = [(one[name] if name in one else one["peers"][name])[measure] or 0 for one in sets]
            axis.bar(
                [x + 0.16 * number for x in range(len(sets))], values, 0.15, label=name, color=colours[number]
            )
        axis.set_xticks([x + 0.32 for x in range(len(sets))], [one["set"] for one in sets], rotation=20)
        axis.set_title(title)
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(*axes[0].get_legend_handles_labels(), frameon=False, ncols=5, loc="lower center")
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(path, dpi=130)
