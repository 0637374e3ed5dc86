"""Short fixed phrases: more, ratings, numbers, thanks, help."""

from __future__ import annotations

from dataclasses import replace

from handlers import texts
from handlers.question import give_entry
from handlers.talk import Answer, RateTurn, Services, Turn
from handlers.words import chosen_number, command, tidy
from messages import Part, Taps, Text


async def show_more(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001 - one shape for all rules
    """Go on with the rest of a long reply; `bot.turns` cuts it to a page again."""
    if turn.inbound.kind != "text" or command(turn.text) != "more":
        return None
    if not turn.state.more:
        return Answer(turn.state, (Text(texts.NO_MORE),))
    return Answer(replace(turn.state, more=()), turn.state.more)


async def take_choice(turn: Turn, services: Services) -> Answer | None:
    """Answer the entry behind a typed number, or behind a tapped label (which comes as its own text)."""
    if turn.inbound.kind != "text":
        return None
    choices = turn.state.choices
    labels = [tidy(turn.snapshot.title(each)) for each in choices]
    number = labels.index(turn.text) + 1 if turn.text in labels else chosen_number(turn.text)
    if number is None:
        return None
    if not 1 <= number <= len(choices):
        said = texts.choose_again(len(choices)) if choices else texts.NOTHING_TO_CHOOSE
        return Answer(turn.state, (Text(said),), outcome="asked_back")
    entry = turn.snapshot.live(choices[number - 1], turn.today)
    if entry is None:
        return Answer(replace(turn.state, choices=()), (Text(texts.withdrawn()),), outcome="not_answered")
    # The list stays usable, so that “2” after “1” works as people expect.
    return give_entry(turn, services, entry, lines=(f"选择了第 {number} 项",), choices=choices)


async def take_rating(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Note 有用 or 没用 for the answer given last."""
    name = command(turn.text) if turn.inbound.kind == "text" else ""
    if name not in {"useful", "useless"}:
        return None
    state = turn.state
    if not state.rated_turn:
        return Answer(state, (Text(texts.NOTHING_TO_RATE),))
    useful, hall = name == "useful", turn.snapshot.hall
    rated = RateTurn(state.rated_turn, useful=useful)
    if useful:
        after = replace(state, rated_turn="", useless=0)
        return Answer(after, (Text(texts.say("rated_useful", hall)),), (rated,))
    after = replace(state, rated_turn="", useless=state.useless + 1)
    said = texts.say("rated_useless_again" if after.useless > 1 else "rated_useless", hall)
    return Answer(after, (Text(said), Taps("", (texts.HUMAN,))), (rated,))


async def small_talk(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Thanks, goodbye, greeting, help, and text without any words."""
    if turn.inbound.kind != "text":
        return None
    hall = turn.snapshot.hall
    if not any(character.isalnum() for character in turn.text) and command(turn.text) != "help":
        return Answer(turn.state, (Text(texts.say("empty", hall)),), outcome="command")
    said: dict[str, tuple[Part, ...]] = {
        "thanks": (Text(texts.say("welcome", hall)),),
        "goodbye": (Text(texts.say("goodbye", hall)),),
        "greeting": (Text(texts.greeting(hall)), Taps("比如：", texts.examples(hall))),
        "help": (Text(texts.help_text(hall)), Taps("比如：", texts.examples(hall))),
    }
    parts = said.get(command(turn.text))
    return Answer(turn.state, parts) if parts else None
