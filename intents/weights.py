"""The numbers that fuse the features: a small file that a person can read, made by `intents.fitting`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

FORMAT = 2
Triple = tuple[float, float, float]


class WeightsError(ValueError):
    """A weights file can't be used; the message says in one line what to do."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What was fitted. Names are those of `intents.candidates.NAMES` and `intents.confidence.NAMES`."""

    rank: Mapping[str, float]
    """Weight of each feature in the ranking score."""
    sure: Mapping[str, float]
    """Weight of each feature in the confidence (a logistic regression); `bias` is its constant."""
    answer_at: float = 0.6
    """Confidence from which the best entry answers by itself."""
    ask_at: float = 0.25
    """Confidence from which the best entries are offered as choices."""
    words: Mapping[str, Triple] = field(default_factory=dict)
    """word → what it adds to the score when both have it, when only the question has it, when
    only the standard question has it."""
    links: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """word of the question → word of the standard question → what having both adds to the score."""
    scope: Mapping[str, Triple] = field(default_factory=dict)
    """The same three for the confidence."""
    note: str = field(default="", compare=False)
    """Where the numbers come from."""

    def __post_init__(self) -> None:
        """Refuse numbers that can't work."""
        if not 0 <= self.ask_at <= self.answer_at <= 1:
            raise WeightsError(
                f"thresholds must satisfy 0 <= ask_at ({self.ask_at}) <= answer_at ({self.answer_at}) <= 1"
            )
        for part, table in (("rank", self.rank), ("sure", self.sure)):
            for name, value in table.items():
                if not math.isfinite(value):
                    raise WeightsError(f"{part}.{name} is not a finite number: fit the weights again")

    @classmethod
    def builtin(cls) -> Weights:
        """Return the weights for a hall that has no labelled questions yet."""
        return _builtin()

    @classmethod
    def load(cls, path: str | Path) -> Weights:
        """Read a weights file."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise WeightsError(
                f"{path}: can't be read ({error}); make one with `python -m bot fit`"
            ) from error
        return parse(text, str(path))

    def save(self, path: str | Path) -> None:
        """Write a weights file that `load` reads."""
        Path(path).write_text(self.as_text(), encoding="utf-8")

    def as_text(self) -> str:
        """Return the file's text: one number a line, associations one a line."""
        data: dict[str, Any] = {
            "format": FORMAT,
            "note": self.note,
            "answer_at": round(self.answer_at, 4),
            "ask_at": round(self.ask_at, 4),
            "rank": {name: round(value, 5) for name, value in self.rank.items()},
            "sure": {name: round(value, 5) for name, value in self.sure.items()},
        }
        head = json.dumps(data, ensure_ascii=False, indent=1)[:-2]
        tables: dict[str, dict[str, Any]] = {
            "words": {word: _short(row) for word, row in self.words.items()},
            "links": {
                word: {to: round(value, 2) for to, value in row.items()} for word, row in self.links.items()
            },
            "scope": {word: _short(row) for word, row in self.scope.items()},
        }
        return head + "".join(f',\n "{name}": {_lines(table)}' for name, table in tables.items()) + "\n}\n"

    def with_thresholds(self, *, answer_at: float, ask_at: float) -> Weights:
        """Return the same weights with a hall's own thresholds."""
        return replace(self, answer_at=answer_at, ask_at=ask_at)


def _numbers(data: object, name: str, where: str) -> dict[str, float]:
    if not isinstance(data, dict):
        raise WeightsError(
            f"{where}: `{name}` must be an object of numbers; make a new file with `python -m bot fit`"
        )
    for key, value in data.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise WeightsError(f"{where}: {name}.{key} must be a number, not {value!r}")
    return {str(key): float(value) for key, value in data.items()}


def _table(data: object, name: str, where: str) -> dict[str, dict[str, float]]:
    if not isinstance(data, dict):
        raise WeightsError(f"{where}: `{name}` must be an object; make a new file with `python -m bot fit`")
    return {str(key): _numbers(row, f"{name}.{key}", where) for key, row in data.items()}


def _triples(data: object, name: str, where: str) -> dict[str, Triple]:
    if not isinstance(data, dict):
        raise WeightsError(f"{where}: `{name}` must be an object; make a new file with `python -m bot fit`")
    rows: dict[str, Triple] = {}
    for word, row in data.items():
        if not isinstance(row, list) or len(row) != 3:  # noqa: PLR2004 - shared, lost, added
            raise WeightsError(f"{where}: {name}.{word} must be a list of three numbers")
        shared, lost, added = _numbers(
            dict(zip(("shared", "lost", "added"), row, strict=True)), name, where
        ).values()
        rows[str(word)] = (shared, lost, added)
    return rows


def _short(row: Triple) -> list[float]:
    return [round(value, 2) for value in row]


def _lines(table: Mapping[str, Any]) -> str:
    """Write an object with one row a line."""
    rows = ",\n".join(
        f"  {json.dumps(k, ensure_ascii=False)}: {json.dumps(v, ensure_ascii=False)}"
        for k, v in table.items()
    )
    return f"{{\n{rows}\n }}" if rows else "{}"


def parse(text: str, where: str = "weights") -> Weights:
    """Read the text of a weights file; `where` names it in errors."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise WeightsError(
            f"{where}: not valid JSON ({error}); make a new file with `python -m bot fit`"
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise WeightsError(
            f"{where}: not a weights file of format {FORMAT}; make a new one with `python -m bot fit`"
        )
    limits = _numbers({name: data.get(name) for name in ("answer_at", "ask_at")}, "thresholds", where)
    try:
        return Weights(
            rank=_numbers(data.get("rank"), "rank", where),
            sure=_numbers(data.get("sure"), "sure", where),
            words=_triples(data.get("words", {}), "words", where),
            links=_table(data.get("links", {}), "links", where),
            scope=_triples(data.get("scope", {}), "scope", where),
            note=str(data.get("note", "")),
            **limits,
        )
    except WeightsError as error:
        raise WeightsError(str(error) if str(error).startswith(where) else f"{where}: {error}") from error


@lru_cache(maxsize=1)
def _builtin() -> Weights:
    return parse(
        resources.files("intents").joinpath("data/weights.json").read_text(encoding="utf-8"),
        "built-in weights",
    )
