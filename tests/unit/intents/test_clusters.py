from __future__ import annotations

import pytest

from intents.clusters import group
from tests.unit.intents.halls import hall

ASKED = ["学校食堂在哪里", "学校食堂在哪", "请问学校食堂在哪里呀", "身份证掉了补一张", "怎么学吉他", "😀"]


def test_alike_questions_stand_together_and_are_counted() -> None:
    clusters = group([*ASKED, "学校食堂在哪里"], hall())
    assert clusters[0].count == 4
    assert clusters[0].examples[0] == "学校食堂在哪里"
    assert sum(cluster.count for cluster in clusters) == 6


def test_a_cluster_near_an_entry_is_proposed_as_an_alternate() -> None:
    clusters = {cluster.examples[0]: cluster for cluster in group(ASKED, hall())}
    near = clusters["身份证掉了补一张"]
    assert near.proposal == "alternate"
    assert near.nearest is not None
    assert near.nearest.id == "id-lost"
    assert clusters["怎么学吉他"].proposal == "new"


def test_the_threshold_decides_how_alike() -> None:
    asked = [*ASKED, "学校食堂几点开门"]
    assert len(group(asked, hall(), threshold=1.0)) > len(group(asked, hall(), threshold=0.3))


def test_nothing_asked_gives_no_cluster() -> None:
    assert group([], hall()) == []


@pytest.mark.parametrize("threshold", [0, 1.5, -1])
def test_a_senseless_threshold_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        group(ASKED, hall(), threshold=threshold)
