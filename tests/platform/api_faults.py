"""What can go wrong with one call, on purpose: for the next calls one by one, or for a share of all."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["error", "slow", "cut_before", "cut_after", "page"]
"""`error`: an error code. `slow`: done, but answered late. `cut_before`: hung up before it was done.
`cut_after`: done, but hung up before the answer. `page`: an error page of a proxy."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FaultKind
    code: int = -1
    path: str = ""
    """Only calls whose path holds this."""


@dataclass(slots=True)
class Faults:
    planned: list[Fault] = field(default_factory=list)
    rate: float = 0.0
    """Share of the calls that go wrong by chance."""
    kinds: tuple[FaultKind, ...] = ("error", "slow", "cut_before", "cut_after", "page")
    paths: str = "custom/send"
    seed: int = 1
    happened: list[tuple[str, FaultKind]] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible, nothing secret

    def plan(self, kind: FaultKind, *, code: int = -1, path: str = "", times: int = 1) -> None:
        self.planned += [Fault(kind, code, path)] * times

    def next(self, path: str) -> Fault | None:
        """What shall go wrong with this call."""
        found = next((each for each in self.planned if each.path in path), None)
        if found is not None:
            self.planned.remove(found)
        elif self.paths in path and self._random.random() < self.rate:
            found = Fault(self._random.choice(self.kinds))
        if found is not None:
            self.happened.append((path, found.kind))
        return found
