from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages import Channel, Choice, Choices, Image, Link, Links, Part, Taps, Text
from wechat.markup import part_text
from wechat.paging import MORE_LINE, TEXT_LIMIT_BYTES, paginate
from wechat.render import TextMessage, wire_messages

MORE = Text(MORE_LINE)


def all_pages(
    parts: tuple[Part, ...], channel: Channel = "official", limit: int = 2000
) -> list[tuple[Part, ...]]:
    pages: list[tuple[Part, ...]] = []
    while parts or not pages:
        first, rest = paginate(parts, channel, limit)
        assert not rest or first[-1] == MORE
        pages.append(first[:-1] if rest else first)
        assert len(pages) <= 1000
        parts = rest
    return pages


def texts(parts: tuple[Part, ...], channel: Channel) -> list[str]:
    return [each.content for each in wire_messages(parts, channel) if isinstance(each, TextMessage)]


def spoken(parts: tuple[Part, ...]) -> str:
    """All that is said, without the joints."""
    said = []
    for part in parts:
        match part:
            case Text(content):
                said.append(content)
            case Links(items, heading):
                said += [heading, *(item.title for item in items)]
            case Choices(heading, options, footer):
                said += [heading, *(f"{each.number}. {each.label}" for each in options), footer]
            case Taps(lead, words):
                said += [lead, *words]
            case _:
                said.append(repr(part))
    return "".join(said)


def test_a_short_reply_is_one_page_as_it_is() -> None:
    parts = (Text("您好"), Links((Link("a", "https://a.cn"),)), Image("m"), Text("再见"))
    assert paginate(parts, "official") == (parts, ())
    assert paginate((), "official") == ((), ())


def test_exactly_the_limit_fits_and_one_byte_more_does_not() -> None:
    fits, too_long = "社" * 666 + "ab", "社" * 666 + "abc"
    assert len(fits.encode()) == TEXT_LIMIT_BYTES
    assert paginate((Text(fits),), "official") == ((Text(fits),), ())
    first, rest = paginate((Text(too_long),), "official")
    assert first[-1] == MORE
    assert rest


def test_a_page_ends_at_a_sentence() -> None:
    text = "请带身份证到 3 号窗口，工作人员会帮您登记。" * 60
    for page in all_pages((Text(text),))[:-1]:
        (part,) = page
        assert isinstance(part, Text)
        assert part.content.endswith("。")
        assert len(part.content.encode()) > 1000


def test_a_page_ends_at_a_line_when_there_are_no_sentences() -> None:
    text = "\n".join(f"材料 {number} 身份证复印件" for number in range(200))
    for page in all_pages((Text(text),))[:-1]:
        assert spoken(page).endswith("\n")


def test_fifty_kilobytes_without_punctuation() -> None:
    text = "社保" * 8500
    pages = all_pages((Text(text),))
    assert "".join(spoken(page) for page in pages) == text
    assert 26 <= len(pages) <= 28


def test_an_address_in_a_text_is_not_cut() -> None:
    url = "https://hall.gov.cn/guides/12?city=1;a!b?c"
    text = ("社" * 635 + url + "办") * 3
    for page in all_pages((Text(text),)):
        assert re.sub(re.escape(url), "", spoken(page)).strip("社办") == ""


def test_an_address_longer_than_a_page_is_cut_in_the_end() -> None:
    text = "https://a.cn/" + "a" * 5000
    pages = all_pages((Text(text),))
    assert "".join(spoken(page) for page in pages) == text


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "e\u0301", "❤️", "1️⃣"])
@pytest.mark.parametrize("shift", range(8))
def test_what_looks_like_one_character_is_not_cut(cluster: str, shift: int) -> None:
    text = "社" * shift + cluster * 600
    for page in all_pages((Text(text),)):
        assert spoken(page).lstrip("社").replace(cluster, "") == ""


def test_a_character_with_a_thousand_accents_still_makes_progress() -> None:
    text = "a" + "\u0301" * 5000
    assert "".join(spoken(page) for page in all_pages((Text(text),))) == text


def test_a_link_that_fits_on_no_page_becomes_its_title() -> None:
    long = Link("很长的地址", "https://a.cn/" + "a" * 3000)
    parts = (Text("看："), Links((Link("一", "https://a.cn"), long, Link("二", "https://b.cn")), "三个："))
    pages = all_pages(parts)
    assert "".join(spoken(page) for page in pages) == spoken(parts)
    shown = [text for page in pages for text in texts(page, "official")]
    assert all(len(text.encode()) <= 2000 for text in shown)
    assert "".join(shown).count("<a href=") == 2


def test_choices_stay_together_when_they_fit_on_a_page() -> None:
    choices = Choices("您想问的是：", tuple(Choice(n, f"怎么办理第 {n} 项") for n in range(1, 6)))
    first, rest = paginate((Text("社" * 500), choices), "official")
    assert first == (Text("社" * 500), MORE)
    assert rest == (choices,)


def test_forty_choices_keep_their_numbers() -> None:
    options = tuple(Choice(number, f"第 {number} 项业务怎么办理") for number in range(1, 41))
    choices = Choices("您想问的是：", options, "都不是？回复“人工”")
    pages = all_pages((choices,))
    assert len(pages) > 1
    assert "".join(spoken(page) for page in pages) == spoken((choices,))
    numbers = [
        int(n)
        for page in pages
        for text in texts(page, "official")
        for n in re.findall(r"msgmenuid=(\d+)", text)
    ]
    assert numbers == list(range(1, 41))


def test_what_follows_a_cut_comes_later() -> None:
    first, rest = paginate((Text("社" * 700), Image("m"), Text("再见")), "official")
    assert first[-1] == MORE
    assert rest[-2:] == (Image("m"), Text("再见"))


def test_a_page_has_a_sensible_least_size() -> None:
    with pytest.raises(ValueError, match="200"):
        paginate((Text("a"),), "official", 100)


WORDS = st.text(
    st.sampled_from(list("社保a1 。，\n<>/&👍\u200d🇨🇳\u0301\x00\ud800“”")), max_size=400
) | st.text(max_size=50)
URLS = st.sampled_from(
    ["https://a.cn", "javascript:x", "https://a.cn/" + "b" * 1500, "https://a.cn/" + "c" * 2500]
)
PARTS = st.lists(
    st.builds(Text, WORDS)
    | st.builds(Links, st.lists(st.builds(Link, WORDS, URLS), max_size=4).map(tuple), WORDS)
    | st.builds(
        Choices, WORDS, st.lists(st.builds(Choice, st.integers(1, 99), WORDS), max_size=6).map(tuple), WORDS
    )
    | st.builds(Taps, WORDS, st.lists(WORDS, max_size=3).map(tuple))
    | st.builds(Image, st.just("m")),
    max_size=6,
).map(tuple)


@given(parts=PARTS, channel=st.sampled_from(["official", "mini"]), limit=st.sampled_from([200, 500, 2000]))
@settings(max_examples=300, deadline=None)
def test_pages_lose_nothing_and_never_pass_the_limit(
    parts: tuple[Part, ...], channel: Channel, limit: int
) -> None:
    pages = all_pages(parts, channel, limit)
    assert "".join(spoken(page) for page in pages) == spoken(parts)
    for number, page in enumerate(pages):
        shown = (*page, MORE) if number < len(pages) - 1 else page
        for text in texts(shown, channel):
            assert len(text.encode()) <= limit
            assert text.count("<a ") == text.count("</a>")


@given(content=st.text(max_size=3000), limit=st.integers(200, 400))
@settings(max_examples=100, deadline=None)
def test_text_is_cut_between_characters(content: str, limit: int) -> None:
    pages = all_pages((Text(content),), "official", limit)
    assert "".join(spoken(page) for page in pages) == content
    for page in pages[:-1]:
        assert all(len(text.encode()) <= limit for text in texts((*page, MORE), "official"))


def test_wire_messages_never_pass_the_limit_without_paging() -> None:
    messages = wire_messages((Text("社" * 2000), Links((Link("a", "https://a.cn"),))), "official")
    contents = [message.content for message in messages if isinstance(message, TextMessage)]
    assert len(contents) == len(messages) == 4
    assert all(len(content.encode()) <= TEXT_LIMIT_BYTES for content in contents)


def test_a_part_is_measured_as_it_is_sent() -> None:
    """Neutralised `<` takes three bytes; a page must count them."""
    text = "<a" * 700
    assert len(part_text(Text(text), "official").encode()) == 2800
    for page in all_pages((Text(text),)):
        assert all(len(shown.encode()) <= 2000 for shown in texts(page, "official"))
