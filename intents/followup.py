"""Short follow-ups: “多少钱”, “在哪办”, “那外地人呢” mean the matter that was answered last."""

from __future__ import annotations

import re

from intents.analysis import Analyser, Reading

SHORT = 10
"""Characters up to which a text can be a follow-up."""
_LINK = re.compile(r"^(?:那么|那|如果|要是|还有|另外|然后)|(?:呢|的话)$")
_POINTING = re.compile(r"这个|那个|它|这种|该|上面|刚才|这事|这件事")
_FILLER = {"怎么", "什么", "多少", "哪里", "吗", "能", "办理", "时间", "地址", "电话", "材料", "流程", "条件"}


def is_short(reading: Reading, analyser: Analyser) -> bool:
    """Whether a text says too little by itself: only question words, or a link to what was said before."""
    text = reading.text
    if not text or len(text) > SHORT:
        return False
    if _LINK.search(text) or _POINTING.search(text):
        return True
    rest = [word for word in reading.words if not analyser.is_stop(word) and word not in _FILLER]
    return bool(reading.kinds) and not [word for word in rest if not analyser.kinds_of(word)]


def joined(question: str, text: str, analyser: Analyser) -> str:
    """Return the matter of `question` with what `text` asks about it.

    Where the follow-up asks something itself, the old question words go: 补领身份证要多少钱, not
    怎么补领身份证多少钱.
    """
    old = analyser.read(question)
    own = _LINK.sub("", text) or text
    if not analyser.kinds_of(own):
        return f"{own}{old.text}"
    kept = [word for word in old.words if not analyser.kinds_of(word)]
    return f"{''.join(kept) or old.text}{own}"
