"""Where the service is found and who receives members: known to every partner with the next exchange."""

from typing import Any

import msgspec
import pytest

from gongguan.protocol import agreement
from gongguan.protocol.messages.office import OfficePublished
from gongguan.sync.records import AgreementDraft
from tests.sync.agreements.signing import APPROVAL, drafted, signed
from tests.sync.offices import Office, exchanged, offices

CARD = {
    "office": "流动党员服务站",
    "address": "临江街道党群服务中心一楼",
    "hours": "周一至周五 9:00-17:30",
    "telephone": "10012345678",
}
RECEIVERS = {"officer": "李明", "deputy": "王芳", "telephone": "10012345679"}


def partner_line(office: Office) -> Any:
    (line,) = office.ask("只读", "office.list").offices[1:]
    return line


def test_every_node_publishes_a_card_and_the_partner_sees_each_change_after_one_exchange() -> None:
    origin, destination = offices(agreed=True)
    assert destination.ask("干事", "office.publish", **CARD).told_count == 1
    exchanged(origin, destination)
    line = partner_line(origin)
    assert (line.address, line.hours, line.telephone) == (CARD["address"], CARD["hours"], CARD["telephone"])
    destination.ask("干事", "office.publish", **{**CARD, "hours": "每天 8:00-20:00"})
    exchanged(origin, destination)
    assert partner_line(origin).hours == "每天 8:00-20:00"
    assert destination.ask("管理员", "office.list").offices[0].hours == "每天 8:00-20:00"


def test_a_card_that_begins_later_counts_from_its_day() -> None:
    origin, destination = offices(agreed=True)
    destination.ask("干事", "office.publish", **CARD)
    destination.ask("干事", "office.publish", **{**CARD, "address": "新址"}, valid_from="2026-03-10")
    exchanged(origin, destination)
    assert partner_line(origin).address == CARD["address"]
    origin.node.now = origin.node.now.replace(day=10)
    assert partner_line(origin).address == "新址"


def test_a_card_holds_no_personal_number_and_has_no_field_for_a_name() -> None:
    origin, _ = offices(agreed=True)
    for number in ("13800000000", "18612345678", "微信 abc"):
        assert origin.refusal("干事", "office.publish", **{**CARD, "telephone": number}) == "D-office-telephone"
    assert origin.refusal("干事", "office.publish", **{**CARD, "telephone": "0475-8200000"}) == "D-phone-real"
    origin.port.synthetic = False
    assert origin.refusal("干事", "office.publish", **CARD) == "D-phone-synthetic"
    for number in ("0475-8200000", "12371", "400-123-4567"):
        assert origin.refusal("干事", "office.publish", **{**CARD, "telephone": number}) == ""
    assert set(OfficePublished.__struct_fields__) == {"office", "address", "hours", "telephone", "valid_from"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**CARD, "valid_from": "2026-03-01", "telephone": "13800000000"}, OfficePublished)


def test_who_receives_members_is_told_by_the_agreement_until_the_side_itself_says_otherwise() -> None:
    origin, destination = offices()
    signed(origin, destination)
    assert (partner_line(origin).receiver, partner_line(origin).deputy) == ("李明", None)
    destination.ask("书记", "office.receiver", **{**RECEIVERS, "officer": "赵强"})
    exchanged(origin, destination)
    line = partner_line(origin)
    assert (line.receiver, line.deputy, line.receiver_telephone) == ("赵强", "王芳", "10012345679")


def test_a_receiving_officer_needs_another_person_as_deputy() -> None:
    origin, _ = offices(agreed=True)
    assert origin.refusal("干事", "office.receiver", **{**RECEIVERS, "deputy": "李明"}) == "D-receiver-same"
    assert origin.refusal("支部", "office.receiver", **RECEIVERS) == "A-role"


def test_what_was_published_before_there_was_an_agreement_is_told_by_both_when_it_comes_into_force() -> None:
    origin, destination = offices()
    for office in (origin, destination):
        assert office.ask("干事", "office.publish", **CARD).told_count == 0
        office.ask("干事", "office.receiver", **RECEIVERS)
    signed(origin, destination)
    for office in (origin, destination):
        assert (partner_line(office).office, partner_line(office).deputy) == (CARD["office"], "王芳")
    assert origin.node.shared() == destination.node.shared()


def test_a_partner_whose_agreement_leaves_it_out_is_named_and_the_card_is_kept() -> None:
    origin, destination = offices()
    terms = agreement.parse(drafted(origin).document)
    kinds = tuple(item for item in terms.kinds if item.kind != "office.published")
    text = agreement.render(msgspec.structs.replace(terms, kinds=kinds))
    (draft,) = origin.find(AgreementDraft)
    origin.put(msgspec.structs.replace(draft, text=text, version=agreement.version(text)))
    origin.ask("书记", "agreement.propose", draft=draft.draft_id, **APPROVAL)
    exchanged(origin, destination)
    destination.ask("书记", "agreement.sign", version=agreement.version(text), **APPROVAL)
    exchanged(origin, destination)
    told = origin.ask("干事", "office.publish", **CARD)
    assert (told.told_count, told.not_told) == (0, [destination.node.committee.card.title])
    assert origin.ask("干事", "office.list").offices[0].office == CARD["office"]
