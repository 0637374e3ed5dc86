"""The picture of a guide: well-formed, nothing over anything else, lines that break as they should."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.guide_map import COLUMNS, TEXT, balanced, draw, em, wrap
from knowledge.guides import Guide
from tests.unit.knowledge.scene_samples import SCENES

GUIDES = [SCENES, *(guide for guide in read_folder(SAMPLE_FOLDER).guides if guide.has_scenes)]
SVG = "{http://www.w3.org/2000/svg}"


def boxes(guide: Guide) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of every box and of every line of what an answer means."""
    root = ET.fromstring(draw(guide))  # noqa: S314 - our own
    found = []
    for each in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
        found.append((x, y, x + w, y + h))
    for text in root.iter(f"{SVG}text"):
        size = float(text.attrib["font-size"])
        for line in text.iter(f"{SVG}tspan"):
            x, y = float(line.attrib["x"]), float(line.attrib["y"])
            if x == COLUMNS[3][0] and size == TEXT:
                found.append((x, y - 0.8 * size, x + em(line.text or "") * size, y + 0.2 * size))
    return found


@pytest.mark.parametrize("guide", GUIDES, ids=[guide.id for guide in GUIDES])
def test_nothing_lies_over_anything_else_or_outside(guide: Guide) -> None:
    found = boxes(guide)
    (_, _, width, height) = re.findall(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', draw(guide))[0]
    assert len(found) > 10
    for place, (left, top, right, bottom) in enumerate(found):
        assert left >= -6
        assert top >= -6
        assert right <= float(width) + 1
        assert bottom <= float(height)
        for other in found[place + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] + 0.1 or other[3] <= top + 0.1
            assert apart, (found[place], other)


def test_it_says_for_whom_each_thing_is() -> None:
    words = "".join(ET.fromstring(draw(SCENES)).itertext())  # noqa: S314 - our own
    for said in (
        "每个人都要",
        "1. 店面从哪里来？",
        "带租赁合同（原件）",
        "不到 16 周岁",
        "（到此为止）",
        "没有别的要求",
        "答“自有房或租房”才问",
        "收费（一般）",
    ):
        assert said in words


def test_what_hangs_on_two_answers_names_the_other() -> None:
    guide = next(guide for guide in GUIDES if guide.id == "business-change")
    words = "".join(ET.fromstring(draw(guide)).itertext())  # noqa: S314 - our own
    assert "带新经营者身份证（原件）（仅个体户）" in words
    assert "且" not in words


def test_every_text_is_escaped() -> None:
    hostile = "<script>alert(1)</script>&\"'"
    picture = draw(replace(SCENES, title=hostile, place=hostile))
    assert "<script>" not in picture
    assert "alert(1)" in "".join(ET.fromstring(picture).itertext())  # noqa: S314 - our own


CLOSING = tuple("，。）》”：")


@given(st.text(st.sampled_from("汉字办理，。（）《》“”abc 0123:：—件"), max_size=80), st.integers(6, 30))
def test_lines_keep_every_character_and_never_begin_with_a_full_stop(text: str, wide: int) -> None:
    lines = wrap(text, wide * TEXT, TEXT)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(CLOSING) for line in lines[1:])
    assert not any(line.endswith(("（", "《", "“")) for line in lines[:-1])
    assert len(balanced(text, wide * TEXT, TEXT)) == len(lines)


@given(st.text("汉字办理件", min_size=1, max_size=80), st.integers(1, 30))
def test_lines_fit(text: str, wide: int) -> None:
    assert all(em(line) <= wide for line in wrap(text, wide * TEXT, TEXT))


def test_numbers_and_words_stay_whole() -> None:
    assert wrap("周一至周五 8:30—12:00 办理", 10 * TEXT, TEXT) == ("周一至周五", "8:30—12:00 办理")
