"""Forms that people fill in: what was typed is kept, and each mistake stands beside its field.

    form = Form.of(await request.post())
    name = form.text("name", "姓名", most=20)
    if form.problems: …show the page again with status 422…

Reading a field notes what is wrong with it; the page shows all at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from multidict import MultiMapping

LONGEST_LINE: Final = 200
_MOST_DIGITS: Final = 9
_CONTROL: Final = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {127: None}
_SURROGATES: Final = range(0xD800, 0xE000)


@dataclass(slots=True)
class Form:
    """What was typed, and what is wrong with it. Only text: files are read by whoever wants them."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    """A sentence for each field that is wrong; `""` stands for the form as a whole."""

    @classmethod
    def of(cls, data: MultiMapping[object]) -> Self:
        """Take the text fields of a posted form."""
        names = dict.fromkeys(data.keys())
        return cls(
            {
                name: tuple(_clean(each) for each in data.getall(name) if isinstance(each, str))
                for name in names
            }
        )

    @classmethod
    def filled(cls, **values: str | Iterable[str]) -> Self:
        """Make the form of something that exists already."""
        return cls({name: (each,) if isinstance(each, str) else tuple(each) for name, each in values.items()})

    def value(self, name: str) -> str:
        """What stands in a field, as typed."""
        found = self.values.get(name)
        return found[0] if found else ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """All values of a field with several boxes."""
        return self.values.get(name, ())

    def problem(self, name: str) -> str:
        """What is wrong with a field; empty when nothing is."""
        return self.problems.get(name, "")

    def text(
        self, name: str, label: str, *, most: int = LONGEST_LINE, least: int = 0, needed: bool = True
    ) -> str:
        """Read one line."""
        value = " ".join(self.value(name).split())
        return self._checked(name, label, value, most=most, least=least, needed=needed)

    def lines(self, name: str, label: str, *, most: int, needed: bool = True) -> str:
        """Read a text of several lines; line ends become newlines, blank ends go."""
        typed = self.value(name).replace("\r\n", "\n").replace("\r", "\n")
        value = "\n".join(line.rstrip() for line in typed.split("\n")).strip("\n")
        return self._checked(name, label, value, most=most, least=0, needed=needed)

    def choice(self, name: str, label: str, options: Collection[str], *, needed: bool = True) -> str:
        """Read one of some options."""
        value = self.value(name)
        if value in options or (not value and not needed):
            return value
        self.problems[name] = f"请选择{label}"
        return ""

    def choices(
        self, name: str, label: str, options: Collection[str], *, needed: bool = False
    ) -> tuple[str, ...]:
        """Read any of some options."""
        found = tuple(dict.fromkeys(each for each in self.chosen(name) if each))
        if any(each not in options for each in found):
            self.problems[name] = f"{label}里有不存在的选项，请重新选择"
        elif needed and not found:
            self.problems[name] = f"请至少选择一项{label}"
        else:
            return found
        return ()

    def day(self, name: str, label: str) -> date | None:
        """Read a date; empty: none."""
        value = self.value(name).strip()
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.problems[name] = f"{label}要写成 2026-11-23 这样的日期"
            return None

    def number(self, name: str, label: str, *, least: int, most: int) -> int | None:
        """Read a whole number; empty: none."""
        value = self.value(name).strip()
        if not value:
            return None
        if value.isascii() and value.lstrip("-").isdigit() and least <= int(value[:18]) <= most:
            return int(value)
        self.problems[name] = f"{label}要填 {least} 到 {most} 之间的整数"
        return None

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.value(name))

    def _checked(self, name: str, label: str, value: str, *, most: int, least: int, needed: bool) -> str:
        if not value and needed:
            self.problems[name] = f"请填写{label}"
        elif len(value) > most:
            self.problems[name] = f"{label}最多 {most} 个字，现在有 {len(value)} 个"
        elif value and len(value) < least:
            self.problems[name] = f"{label}至少 {least} 个字"
        return value


def whole_number(text: str) -> int | None:
    """A number of an address, such as a page; None: it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _clean(value: str) -> str:
    """Without control characters and halves of characters, which no keyboard types."""
    return "".join(sign for sign in value.translate(_CONTROL) if ord(sign) not in _SURROGATES)
