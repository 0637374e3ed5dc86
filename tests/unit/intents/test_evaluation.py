from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from intents import fitting
from intents.evaluation import (
    EvaluationError,
    Query,
    auroc,
    evaluate,
    ranked_line,
    read_queries,
    read_subjects,
    right_at_false_alarms,
)
from intents.matcher import Index
from tests.unit.intents.halls import QUERIES, SUBJECTS, hall


def test_the_made_up_hall_is_understood() -> None:
    report = evaluate(hall(), QUERIES)
    assert report.known + report.unknown == report.queries == len(QUERIES)
    assert report.recall_1 is not None
    assert report.recall_1 >= 0.9
    assert report.auroc is not None
    assert report.auroc >= 0.95
    assert sum(row.count for row in report.reliability) == len(QUERIES)
    assert sum(row.known + row.unknown for row in report.bands) == len(QUERIES)
    assert "recall@1" in report.as_text()
    assert json.loads(json.dumps(report.as_dict()))["queries"] == len(QUERIES)


def test_progress_counts_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    evaluate(hall(), QUERIES[:3], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_an_empty_evaluation_has_no_shares() -> None:
    report = evaluate(hall(), [])
    assert report.recall_1 is None
    assert report.as_text()


def test_a_ranked_line_is_what_the_file_needs() -> None:
    line = ranked_line(QUERIES[0], hall().decide(QUERIES[0].text))
    assert set(line) == {"id", "ranked", "decision", "confidence"}
    assert line["decision"] in {"match", "ambiguous", "none"}
    assert line["ranked"][0][0] == "id-lost"


def test_auroc_counts_pairs() -> None:
    assert auroc(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx(0.875)
    assert auroc(np.array([]), np.array([1.0])) is None


def test_right_at_false_alarms_counts_only_right_answers_above_the_limit() -> None:
    unknown = np.arange(10.0)
    found = right_at_false_alarms(
        np.array([8.5, 20.0, 3.0, 30.0]), np.array([True, True, True, False]), unknown
    )
    assert found == pytest.approx(0.5)


def test_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "kb.jsonl").write_text(
        '\ufeff{"id":"1","question":"问","alternates":["甲"],"answer":"答"}\n\n', "utf-8"
    )
    (tmp_path / "q.jsonl").write_text('{"id":"q","text":"问\u2028吗","expected":["1"]}\n', "utf-8")
    assert read_subjects(tmp_path / "kb.jsonl")[0].alternates == ("甲",)
    assert read_queries(tmp_path / "q.jsonl") == (Query("q", "问\u2028吗", ("1",)),)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not valid JSON"),
        ("[1]", "must be a JSON object"),
        ('{"question":"x"}', "`id`"),
        ('{"id":"1","question":" "}', "`question`"),
        ('{"id":"1","question":"x","alternates":"y"}', "`alternates`"),
        ('{"id":"1","question":"x"}\n{"id":"1","question":"y"}', "stands twice"),
        ("", "is empty"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "kb.jsonl"
    path.write_text(line, "utf-8")
    with pytest.raises(EvaluationError, match=says) as caught:
        read_subjects(path)
    assert str(path) in str(caught.value)


def test_missing_and_binary_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="can't be read"):
        read_queries(tmp_path / "none")
    (tmp_path / "bad").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EvaluationError, match="UTF-8"):
        read_queries(tmp_path / "bad")


def test_fitting_learns_a_halls_own_word() -> None:
    words = ["补办", "挂失", "备案", "缴费", "登记", "申领", "过户"]
    odd = [
        Query(f"odd-{n}-{word}", f"{text}{word}", (id_,))
        for word in words
        for n, (text, id_) in enumerate(
            [("小本本", "id-lost"), ("老来钱", "pension"), ("大红证", "marriage")]
        )
    ]
    weights = fitting.fit(SUBJECTS, [*QUERIES, *odd])
    fitted = Index.build(SUBJECTS, weights=weights)
    known = [query for query in QUERIES if query.expected]
    right = sum(fitted.rank(query.text)[0].id in query.expected for query in known)
    assert right >= 0.9 * len(known)
    assert weights.words


def test_too_few_questions_are_refused() -> None:
    with pytest.raises(fitting.FittingError, match="label more"):
        fitting.fit(SUBJECTS, QUERIES[:3])
