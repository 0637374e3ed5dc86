"""Knowledge as files: read strictly, written without loss, mistakes named with their place."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.entries import Basis, Entry
from knowledge.files import KnowledgeFileError, entry_line, read_entries, read_folder
from messages import Link

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
DAYS = st.none() | st.dates(min_value=date(2000, 1, 1))
ENTRIES = st.builds(
    Entry,
    id=WORDS,
    question=WORDS,
    answer=WORDS,
    department=WORDS,
    category=WORDS,
    alternates=st.lists(WORDS, max_size=3).map(tuple),
    keywords=st.lists(WORDS, max_size=3).map(tuple),
    links=st.lists(st.builds(Link, WORDS, WORDS), max_size=2).map(tuple),
    basis=st.lists(st.builds(Basis, WORDS, WORDS, WORDS), max_size=2).map(tuple),
    valid_from=DAYS,
    valid_until=DAYS,
    review_on=DAYS,
    state=st.sampled_from(["draft", "published", "withdrawn"]),
    version=st.integers(1, 10**6),
    person_only=st.booleans(),
    answer_at=st.none() | st.floats(0, 1),
)


@given(st.lists(ENTRIES, max_size=5))
def test_what_is_exported_is_imported_without_loss(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    path = tmp_path_factory.mktemp("round") / "entries.jsonl"
    path.write_text("".join(f"{entry_line(entry)}\n" for entry in entries), encoding="utf-8")
    assert read_entries(path) == tuple(entries)


GOOD = {"id": "a", "question": "问", "answer": "答", "department": "d", "category": "c"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "entries.jsonl:2: not a JSON object"),
        ("[]", "entries.jsonl:2"),
        (json.dumps({**GOOD, "answr": "x"}), "entries.jsonl:2: answr"),
        (json.dumps({"id": "a"}), "question"),
        (json.dumps({**GOOD, "valid_until": "2026-13-01"}), "valid_until"),
        (json.dumps({**GOOD, "state": "live"}), "state"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_read(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "entries.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{line}\n", encoding="utf-8")
    with pytest.raises(KnowledgeFileError) as error:
        read_entries(path)
    assert said in str(error.value)


def test_a_file_that_is_no_text_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "entries.jsonl"
    path.write_bytes(b"\xff\xfe\x00PK\x03\x04")
    with pytest.raises(KnowledgeFileError, match="UTF-8"):
        read_entries(path)


def test_every_mistake_in_a_folder_is_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "hall.yaml").write_text(
        "name: 某厅\naddress: 某地\nphone: '1'\nhours: 全天\n", encoding="utf-8"
    )
    (tmp_path / "departments.yaml").write_text("- {id: d, name: 某局}\n", encoding="utf-8")
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "one.yaml").write_text("- {id: a}\n- {id: b, nonsense: 1}\n", encoding="utf-8")
    (tmp_path / "entries" / "two.yaml").write_text("just text\n", encoding="utf-8")
    with pytest.raises(KnowledgeFileError) as error:
        read_folder(tmp_path)
    said = str(error.value)
    for place in ("one.yaml[a]: question", "one.yaml[b]: nonsense", "two.yaml: must be a list"):
        assert place in said
