"""What a hall's own words and sentences may be, when they come from a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from knowledge.checks import problems_of
from knowledge.files import SAMPLE_FOLDER, KnowledgeFileError, read_folder
from knowledge.hall import OwnText


def folder_with(tmp_path: Path, more: str) -> Path:
    folder = tmp_path / "hall"
    shutil.copytree(SAMPLE_FOLDER, folder)
    hall = folder / "hall.yaml"
    hall.write_text(f"{hall.read_text(encoding='utf-8')}\n{more}\n", encoding="utf-8")
    return folder


def test_a_file_may_hold_own_sentences_and_sensitive_words(tmp_path: Path) -> None:
    more = "sensitive: [抢购茅台]\ntexts:\n  - {key: goodbye, text: 慢走}"
    knowledge = read_folder(folder_with(tmp_path, more))
    assert knowledge.hall.sensitive == ("抢购茅台",)
    assert knowledge.hall.texts == (OwnText("goodbye", "慢走"),)
    assert problems_of(knowledge) == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("sensitive: [黄]", "hall: sensitive word '黄': “黄”太短"),
        ("texts: [{key: a, text: 甲}, {key: a, text: 乙}]", "text a: the id is used 2 times"),
    ],
)
def test_what_could_not_be_used_is_named(tmp_path: Path, more: str, why: str) -> None:
    assert any(why in each for each in problems_of(read_folder(folder_with(tmp_path, more))))


def test_an_unknown_field_of_a_sentence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeFileError, match="texts"):
        read_folder(folder_with(tmp_path, "texts: [{key: a, text: 甲, when: now}]"))
