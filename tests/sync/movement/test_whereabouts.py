"""While a member is away: another place, another destination, no contact, something grave."""

import msgspec
import pytest

from gongguan.protocol.errors import SchemaError
from gongguan.sync.records import LogMessage, Task
from tests.sync.offices import PLACE, Office, admission, admitted, exchanged, offices, ready
from tests.sync.said import EVENT
from tests.three import FAR_PLACE, met, peer_of, three_offices


def at_near() -> tuple[Office, Office, Office, str]:
    """A member whom the near destination manages, and who went on to the region of the far one."""
    origin, near, far = three_offices()
    sent = origin.ask("干事", "departure.notify", member_id=ready(origin, 1), peer=peer_of(near))
    met(origin, near, far)
    near.ask("干事", "admission.give", **admission(sent.subject))
    near.ask("支部", "movement.relocate", subject=sent.subject, place=FAR_PLACE, on="2026-02-27")
    met(origin, near, far)
    return origin, near, far, sent.subject


def states(office: Office) -> list[tuple[str, str]]:
    found = office.ask("干事", "movement.list").movements
    return sorted((line.peer, line.state) for line in found)


def test_a_member_who_moved_on_is_retargeted_in_one_act_and_never_with_two() -> None:
    origin, near, far, subject = at_near()

    done = origin.ask("支部", "movement.retarget", subject=subject, peer=peer_of(far))
    met(origin, near, far)

    assert (done.ended, done.place) == (subject, FAR_PLACE)
    assert [state for _, state in states(near)] == ["ended"]
    assert [state for _, state in states(far)] == ["notified"]
    assert sorted(state for _, state in states(origin)) == ["ended", "notified"]
    assert done.subject != subject
    assert origin.refusal("支部", "movement.retarget", subject=subject, peer=peer_of(far)) == "D-movement-state"


def test_a_retargeting_that_fails_ends_nothing() -> None:
    origin, near, far, subject = at_near()

    assert origin.refusal("支部", "movement.retarget", subject=subject, peer=peer_of(near)) == "D-place-same"
    assert origin.refusal("支部", "movement.retarget", subject=subject, peer="zzz") == "D-peer-unknown"
    assert near.refusal("支部", "movement.retarget", subject=subject, peer="") == "D-not-origin"
    met(origin, near, far)

    assert [state for _, state in states(near)] == ["admitted"]


def test_nobody_is_notified_to_a_second_partner_while_the_first_has_the_member_unless_both_shall_know() -> None:
    origin, near, far, _ = at_near()
    again = {"member_id": f"{1:032x}", "peer": peer_of(far)}

    assert origin.refusal("支部", "departure.notify", **again) == "D-period-elsewhere"
    everybody = origin.ask("支部", "departure.notify_all", peer=peer_of(far))
    assert [line.code for line in everybody.lacking] == ["D-period-elsewhere"]

    origin.ask("支部", "departure.notify", beside=True, **again)
    met(origin, near, far)
    assert [state for _, state in states(far)] == ["notified"]


def test_while_both_name_different_places_nothing_is_retargeted() -> None:
    origin, near, far, subject = at_near()
    origin.ask("支部", "movement.relocate", subject=subject, place=PLACE, on="2026-02-26")
    near.ask("支部", "movement.relocate", subject=subject, place="990909", on="2026-02-27")
    met(origin, near, far)

    assert origin.refusal("支部", "movement.retarget", subject=subject, peer=peer_of(far)) == "D-place-conflict"


def test_lost_contact_is_told_by_either_side_and_two_different_words_are_a_conflict() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "movement.presence", subject=subject, presence="lost", on="2026-02-27")
    origin.ask("支部", "movement.presence", subject=subject, presence="in_contact", on="2026-02-28")
    exchanged(origin, destination)

    (ours,) = origin.ask("干事", "conflict.list").conflicts
    (theirs,) = destination.ask("干事", "conflict.list").conflicts
    assert (ours.id, ours.record) == (theirs.id, "presence")
    assert {line.value for line in ours.candidates} == {"失去联系（2026-02-27）", "能联系上（2026-02-28）"}
    assert origin.node.shared() == destination.node.shared()


def test_of_a_grave_event_the_category_and_a_reference_cross_and_no_story_can() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)

    destination.ask("支部", "movement.event", subject=subject, **EVENT)
    exchanged(origin, destination)

    (row,) = [row for row in origin.ask("支部", "movement.show", subject=subject).rows if row.section == "重大情况"]
    assert "事故" in row.value
    assert "临函〔2026〕3号" in row.value
    with pytest.raises(SchemaError, match="S-request"):
        destination.ask("支部", "movement.event", subject=subject, **EVENT, text="在工地受伤")
    (read,) = [entry for entry in origin.ask("管理员", "audit.list").entries if entry.operation == "movement.show"]
    assert (read.staff, read.purpose is not None, read.records) == ("支部", True, 1)
    assert subject in str(read.about)
    (message,) = [row for row in origin.find(LogMessage) if row.kind == "event.reported"]
    assert set(msgspec.json.decode(message.data)["body"]) == {"category", "on", "contact", "phone", "reference"}


def test_a_grave_event_stays_to_be_done_until_somebody_took_it_up() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "movement.event", subject=subject, **EVENT)
    exchanged(origin, destination)
    assert [task.kind for task in origin.find(Task, state="open")] == ["read_event"]

    assert origin.ask("支部", "movement.event_seen", subject=subject).closed == 1

    assert origin.find(Task, state="open") == []
