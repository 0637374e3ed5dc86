from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from knowledge.files import read_folder
from tests.platform.api_server import PlatformApi
from wechat.api import menus
from wechat.client import Client
from wechat.menu import Button, Menu, MenuError, difference, from_platform, lines, payload, read_menu

SAMPLE = Path(__file__).parents[3] / "knowledge" / "sample" / "menu.yaml"
SMALL = {"buttons": [{"name": "帮助", "key": "help"}, {"name": "指南", "url": "/guides"}]}


def sample() -> Menu:
    return read_menu(yaml.safe_load(SAMPLE.read_text(encoding="utf-8")), base_url="https://hall.example")


def test_our_own_addresses_get_the_public_one_before_them() -> None:
    menu = read_menu(SMALL, base_url="https://hall.example")
    assert menu.buttons[1] == Button("指南", "view", url="https://hall.example/guides")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "must hold `buttons:`"),
        ({"buttons": []}, "1 to 3 buttons"),
        ({"buttons": [{"name": "x", "key": "k"}] * 4}, "1 to 3 buttons"),
        ({"buttons": [{"name": "一二三四五六", "key": "k"}]}, "this one has 18"),
        ({"buttons": [{"name": "", "key": "k"}]}, "no name"),
        ({"buttons": [{"name": "x"}]}, "needs `key`"),
        ({"buttons": [{"name": "x", "key": "k", "url": "https://a.example"}]}, "both"),
        ({"buttons": [{"name": "x", "url": "javascript:alert(1)"}]}, "https://"),
        ({"buttons": [{"name": "x", "key": "长" * 43}]}, "128"),
        ({"buttons": [{"name": "x", "page": "p"}]}, "mini-program"),
        ({"buttons": [{"name": "x", "key": "k", "type": "shout"}]}, "`type` can be"),
        ({"buttons": [{"name": "x", "kez": "k"}]}, "no such field: kez"),
        ({"buttons": [{"name": "x", "buttons": [{"name": "y", "key": "k"}] * 6}]}, "1 to 5"),
        ({"buttons": [{"name": "x", "buttons": [{"name": "y", "buttons": []}]}]}, "two levels"),
        ({"buttons": ["x"]}, "must have `name`"),
        ({**SMALL, "conditional": [{"buttons": []}]}, "tag_id"),
    ],
)
def test_a_wrong_menu_is_refused_with_its_place(document: object, problem: str) -> None:
    with pytest.raises(MenuError) as caught:
        read_menu(document, base_url="https://hall.example")
    assert problem in str(caught.value)


async def test_the_sample_menu_is_taken_by_the_platform_and_read_back(
    platform: PlatformApi, client: Client
) -> None:
    assert await menus.get(client) is None
    await menus.push(client, sample())
    now = await menus.get(client)
    assert now is not None
    assert difference(now, sample()) == []
    assert platform.world.menus == payload(sample().buttons)
    await menus.delete(client)
    assert await menus.get(client) is None


async def test_conditional_menus_are_made_anew(platform: PlatformApi, client: Client) -> None:
    firm = [{"tag_id": 101, "buttons": [{"name": "企业", "key": "qa.licence"}]}]
    wanted = read_menu({**SMALL, "conditional": firm}, base_url="https://hall.example")
    for _ in range(2):
        await menus.push(client, wanted)
        assert len(platform.world.conditional) == 1
    now = await menus.get(client)
    assert now is not None
    assert difference(now, wanted) == []
    assert await menus.try_match(client, "oX") == (Button("企业", key="qa.licence"),)


def test_a_difference_reads_like_one() -> None:
    now = read_menu(SMALL, base_url="https://hall.example")
    changed = {"buttons": [{"name": "帮助", "key": "help"}, {"name": "人工", "key": "human"}]}
    assert difference(now, read_menu(changed)) == [
        "  帮助 → help",
        "- 指南 → https://hall.example/guides",
        "+ 人工 → human",
    ]


def test_older_answers_of_the_platform_are_read_too() -> None:
    below = {"list": [{"type": "view", "name": "b", "url": "https://a.example"}]}
    answer = {"menu": {"button": [{"name": "a", "sub_button": below}]}}
    assert lines(from_platform(answer)) == ["a", "  b → https://a.example"]


def test_every_key_of_the_sample_menu_opens_something() -> None:
    """The keys are those of `handlers.events`; codes name entries and guides of the sample hall."""
    known = {"help", "hours", "human", "guides"}
    knowledge = read_folder(SAMPLE.parent)
    known |= {f"qa.{entry.id}" for entry in knowledge.entries}
    known |= {f"guide.{guide.id}" for guide in knowledge.guides}
    leaves = [leaf for button in sample().buttons for leaf in button.buttons or (button,)]
    assert {leaf.key for leaf in leaves if leaf.key} <= known
