"""Events about notices, as the platform's pages and its forum show them, read into consents and results."""

from __future__ import annotations

from typing import Any

import pytest

from messages import Inbound, NoticeRow
from wechat.consents import ConsentChange, consent_changes
from wechat.inbound import read_inbound
from wechat.outbox import Notice, OutboxItem, OutboxStatus, Route
from wechat.receipts import NoticeResult, Receipt, notice_results, read_receipt
from wechat.settling import settle_result
from wechat.xmlio import read_push

HEAD = (
    "<ToUserName><![CDATA[gh_123456789abc]]></ToUserName><FromUserName><![CDATA[otFpruAK8D]]></FromUserName>"
    "<CreateTime>1610969440</CreateTime><MsgType><![CDATA[event]]></MsgType>"
)


def pushed(event: str, rest: str) -> Inbound:
    return read_inbound(read_push(f"<xml>{HEAD}<Event><![CDATA[{event}]]></Event>{rest}</xml>"), "official")


def answer(template: str, word: str) -> str:
    said = f"<SubscribeStatusString>{word}</SubscribeStatusString>"
    return f"<List><TemplateId>{template}</TemplateId>{said}</List>"


def sent(number: str, code: str = "0", status: str = "success") -> str:
    return (
        f"<List><TemplateId>TPL</TemplateId><MsgID>{number}</MsgID>"
        f"<ErrorCode>{code}</ErrorCode><ErrorStatus>{status}</ErrorStatus></List>"
    )


def in_json(event: str, rows: Any) -> Inbound:
    fields = {
        "ToUserName": "gh_123456789abc",
        "FromUserName": "o7esq5OI1U",
        "CreateTime": 1610968440,
        "MsgType": "event",
        "Event": event,
        "List": rows,
    }
    return read_inbound(fields, "mini")


def test_a_popup_brings_an_answer_for_each_template() -> None:
    rows = answer("A", "accept") + answer("B", "reject")
    both = pushed("subscribe_msg_popup_event", f"<SubscribeMsgPopupEvent>{rows}</SubscribeMsgPopupEvent>")
    assert consent_changes(both) == (ConsentChange("A", accepted=True), ConsentChange("B", accepted=False))
    assert notice_results(both) == ()


@pytest.mark.parametrize("wrapper", ["SubscribeMsgChangeEvent", "SubscribeMsgPopupEvent"])
def test_a_refusal_is_found_under_the_name_of_the_page_and_of_its_example(wrapper: str) -> None:
    inbound = pushed("subscribe_msg_change_event", f"<{wrapper}>{answer('A', 'reject')}</{wrapper}>")
    assert consent_changes(inbound) == (ConsentChange("A", accepted=False),)


def test_the_mini_programs_json_has_an_object_or_a_list() -> None:
    one = {"TemplateId": "A", "SubscribeStatusString": "accept", "PopupScene": "0"}
    for rows in (one, [one]):
        changes = consent_changes(in_json("subscribe_msg_popup_event", rows))
        assert changes == (ConsentChange("A", accepted=True),)


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "",
        7,
        [],
        [[]],
        [None, 3],
        {"TemplateId": ["A"]},
        {"TemplateId": True},
        {"SubscribeStatusString": "accept"},
    ],
)
def test_what_is_odd_in_a_list_is_left_out_and_refuses_nothing(rows: Any) -> None:
    assert in_json("subscribe_msg_popup_event", rows).rows == ()


def test_a_list_without_end_is_cut() -> None:
    rows = [{"TemplateId": f"T{number}", "SubscribeStatusString": "accept"} for number in range(5000)]
    assert len(in_json("subscribe_msg_popup_event", rows).rows) == 20
    long = in_json("subscribe_msg_popup_event", {"TemplateId": "x" * 5000, "SubscribeStatusString": "accept"})
    assert len(long.rows[0].template_id) == 128


def test_other_events_have_no_rows() -> None:
    assert pushed("CLICK", "<EventKey>k</EventKey><List><TemplateId>A</TemplateId></List>").rows == ()
    assert consent_changes(pushed("subscribe", "")) == ()


def test_results_of_subscribed_notices_carry_the_number() -> None:
    rows = sent("1700827132819554304") + sent("2", "1", "system failed")
    inbound = pushed("subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{rows}</SubscribeMsgSentEvent>")
    assert notice_results(inbound) == (
        NoticeResult("delivered", "1700827132819554304", "TPL"),
        NoticeResult("failed", "2", "TPL"),
    )


def test_results_of_template_messages_carry_the_number() -> None:
    inbound = pushed("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>failed:user block</Status>")
    assert inbound.rows == (NoticeRow(word="failed:user block", job="200163836"),)
    assert notice_results(inbound) == (NoticeResult("refused", "200163836"),)


@pytest.mark.parametrize(
    ("word", "receipt"),
    [
        ("success", "delivered"),
        ("failed:user block", "refused"),
        ("failed: system failed", "failed"),
        ("user refuse to accept the msg", "refused"),
        ("", "failed"),
        ("whatever comes", "failed"),
    ],
)
def test_the_platforms_words(word: str, receipt: Receipt) -> None:
    assert read_receipt(word) == receipt


def test_results_of_one_second_are_different_events() -> None:
    """The list has the number, the event has not: two results of a second must not be taken for one."""
    one, two = (
        pushed("subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{sent(number)}</SubscribeMsgSentEvent>")
        for number in ("1", "2")
    )
    assert one.key != two.key


def item(status: OutboxStatus, route: Route) -> OutboxItem:
    at = pushed("subscribe", "").at
    return OutboxItem(
        "k", "official", "o", (), at, status=status, route=route, notice=Notice("TPL", ()), job="9"
    )


@pytest.mark.parametrize(
    ("status", "route", "receipt", "becomes"),
    [
        ("sent", "notice", "delivered", "sent"),
        ("sent", "notice", "refused", "held"),
        ("sent", "notice", "failed", "held"),
        ("uncertain", "notice", "delivered", "sent"),
        ("uncertain", "notice", "failed", "held"),
        ("sent", "custom", "failed", None),
        ("dropped", "notice", "failed", None),
        ("waiting", "notice", "delivered", None),
        ("sent", "notice", "", None),
    ],
)
def test_what_a_result_makes_of_an_item(
    status: OutboxStatus, route: Route, receipt: Receipt, becomes: OutboxStatus | None
) -> None:
    settlement = settle_result(item(status, route), receipt)
    assert (settlement.status if settlement else None) == becomes
    if settlement is not None:
        assert settlement.job == "9"
        assert settlement.reason.endswith("。")
