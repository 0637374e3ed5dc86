from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import Choice, Choices, Link, Links, Taps, Text
from rendering.markup import Run, runs_of
from wechat.markup import part_text


def test_plain_text_is_one_run() -> None:
    assert runs_of("第一行\n第二行 a<b & c>d") == (Run("第一行\n第二行 a<b & c>d"),)


def test_an_empty_text_has_no_runs() -> None:
    assert runs_of("") == ()


def test_links_and_words_around_them() -> None:
    assert runs_of('看<a href="https://a.gov.cn/x?a=1&copy=2">指南</a>。') == (
        Run("看"),
        Run("指南", href="https://a.gov.cn/x?a=1&copy=2"),
        Run("。"),
    )


def test_what_the_renderer_makes_is_read_back() -> None:
    choices = part_text(Choices("哪一件？", (Choice(1, "社保卡 100% 补办+换卡"),), "回复编号"), "official")
    assert Run("社保卡 100% 补办+换卡", tap="社保卡 100% 补办+换卡", menu_id="1") in runs_of(choices)
    taps = runs_of(part_text(Taps("有用吗？", ("有用", "没用")), "official"))
    assert [run.tap for run in taps if run.tap] == ["有用", "没用"]
    links = runs_of(part_text(Links((Link("办事指南", "https://a.gov.cn/guides/甲"),), "看"), "official"))
    assert links[-1].text == "办事指南"
    assert links[-1].href.startswith("https://a.gov.cn/guides/")


def test_a_citizens_own_markup_stays_text() -> None:
    said = part_text(Text('<a href="https://evil.example/">点我</a>'), "official")
    assert not any(run.href or run.tap for run in runs_of(said))


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<b>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example/x",
        "https://",
        "https://a@evil.example/",
        "weixin://bizmsgmenux?msgmenucontent=x",
        "weixin://[",
        "http://[::1",
        "&#106;avascript:alert(1)",
        "",
    ],
)
def test_only_web_addresses_become_links(href: str) -> None:
    runs = runs_of(f'<a href="{href}">点我</a>')
    assert not any(run.href or run.tap for run in runs)
    assert "点我" in "".join(run.text for run in runs)


@pytest.mark.parametrize(
    "content",
    [
        "<a>x</a>",
        "<a href=https://a.cn>x</a>",
        '<a href="https://a.cn">x',
        '<a href="https://a.cn"><a href="https://b.cn">x</a></a>',
        '<a href="https://a.cn" <b>x</a>',
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "</a></a>",
        "<a " * 500,
        '<a href="' * 300,
    ],
)
def test_hostile_markup_loses_no_letter_and_gains_no_power(content: str) -> None:
    runs = runs_of(content)
    assert all(not run.href or run.href.startswith("https://") for run in runs)
    seen = "".join(run.text for run in runs)
    assert "<script" not in content or "<script" in seen  # shown as the text that it is


@given(st.text(alphabet=st.sampled_from("<a href=\"'https://b.cn>weixin:?&;x</甲\n ")))
def test_any_text_is_read(content: str) -> None:
    runs = runs_of(content)
    if "</a>" not in content:
        assert "".join(run.text for run in runs) == content
    assert all(not run.href or run.href.startswith(("http://", "https://")) for run in runs)
