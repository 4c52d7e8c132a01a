"""What is read of a whole committee together is what is read of each of its members."""

import hashlib

import pytest

from gongguan.protocol import canonical
from gongguan.sync.education.attendance import histories
from gongguan.sync.exchange.values import Value, unit_id
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import Member, MobilityPeriod, SharedRecord
from gongguan.sync.shared.charges import Charge
from gongguan.sync.shared.periods import (
    movements_in,
    name_of,
    names_of,
    states_of,
)
from gongguan.sync.shared.views import (
    ONE_BY_ONE_MAX,
    entered,
    of_units,
    standing_keys,
    unit_records,
)
from tests.fakes import MemoryStore

AGREEMENT = "a" * 64
DAYS = ("2026-03-31", "2026-04-01", "2026-06-30", "2026-07-01")


def _fact(value: Value, status: str = "single") -> Value:
    counts = {"effective": value} if status != "withdrawn" else {}
    return {"shape": "fact", "entries": [{"id": "0" * 32, "party": 0, "value": value}], "status": status, **counts}


@pytest.fixture
def periods() -> list[MobilityPeriod]:
    fields = {"agreement": AGREEMENT, "pairing_id": "p", "side": "origin", "body_code": None}
    return [MobilityPeriod(subject=f"{n:032x}", member_id=f"{n:032x}", **fields) for n in range(ONE_BY_ONE_MAX + 2)]  # type: ignore[arg-type]


@pytest.fixture
def store(periods: list[MobilityPeriod]) -> MemoryStore:
    store = MemoryStore({}, writable=True)
    for number, period in enumerate(periods):
        day = DAYS[number % len(DAYS)]
        life = {"event": "t", "activity": "theme_day", "on": day, "attendance": "confirmed"}
        dues = _fact({"month": "2026-05", "paid_on": "2026-05-09"}, "withdrawn" if number % 3 else "single")
        held = {"life/t": _fact(life), "dues/2026-05": dues}
        if number % 2:
            held["movement/state"] = {"shape": "state", "state": "ended"}
        if number % 5:
            held["movement/departure"] = _fact({"name": f"通报{number}"})
        if number % 7 == 0:
            held["profile/name"] = _fact({"value": f"改名{number}"})
        store.put_all(_record(period, key, value) for key, value in held.items())
    return store


def _record(period: MobilityPeriod, key: str, value: Value) -> SharedRecord:
    data = canonical.encode(value)
    return SharedRecord(
        unit=unit_id(period.agreement, period.subject),
        key=key,
        agreement=period.agreement,
        subject=period.subject,
        category=key.partition("/")[0],
        value=data,
        version=hashlib.sha256(data).digest(),
    )


def _charge(period: MobilityPeriod) -> Charge:
    return Charge(
        person=period.subject,
        side="origin",
        name="巴特尔",
        body_code=None,
        stays=(),
        periods=(period,),
        joined_on=None,
        open=True,
    )


def test_the_states_of_many_are_those_of_each(store: MemoryStore, periods: list[MobilityPeriod]) -> None:
    one_by_one = {subject: state for period in periods for subject, state in states_of(store, [period]).items()}
    assert states_of(store, periods) == one_by_one
    assert set(one_by_one.values()) == {"notified", "ended"}


def test_what_was_withdrawn_is_not_entered_however_many_are_asked_for(
    store: MemoryStore, periods: list[MobilityPeriod]
) -> None:
    together = entered(store, periods, "dues/2026-05")
    assert together == {period.subject for period in periods if entered(store, [period], "dues/2026-05")}
    assert together == {period.subject for number, period in enumerate(periods) if number % 3 == 0}


def test_the_keys_that_count_of_many_are_those_of_each_though_no_value_is_decoded(
    store: MemoryStore, periods: list[MobilityPeriod]
) -> None:
    together = standing_keys(store, periods, "dues")
    for number, period in enumerate(periods):
        one = standing_keys(store, [period], "dues")[period.subject]
        assert together.get(period.subject, set()) == one == (set() if number % 3 else {"dues/2026-05"})


def test_the_names_of_many_are_those_of_each_from_the_roster_the_notice_or_what_changed_since(
    store: MemoryStore, periods: list[MobilityPeriod]
) -> None:
    for number, period in enumerate(periods[:40]):
        kept = {
            "branch_code": "b",
            "id_digest": f"{number}",
            "id_number": "",
            "details": "{}",
            "category": "full_member",
        }
        store.put(Member(member_id=str(period.member_id), name=f"名册{number}", floating=True, **kept))

    together = names_of(store, periods)

    assert together == {period.subject: name_of(store, period) for period in periods}
    assert {str(name)[:2] for name in together.values()} == {"名册", "通报", "改名", "No"}


def test_the_quarter_of_many_holds_its_first_and_last_day_and_no_other(
    store: MemoryStore, periods: list[MobilityPeriod]
) -> None:
    quarter = Quarter.named("2026Q2")
    together = histories(store, [_charge(period) for period in periods], quarter)
    for number, period in enumerate(periods):
        known = [item.on for item in together[period.subject] if quarter.holds(item.on)]
        assert known == ([DAYS[number % 4]] if number % 4 in (1, 2) else [])


def test_records_of_a_few_among_many_are_theirs_alone(store: MemoryStore, periods: list[MobilityPeriod]) -> None:
    few = periods[3:5]
    found = of_units(store, few, ("life", "dues", "movement"))
    assert found == {period.subject: unit_records(store, AGREEMENT, period.subject) for period in few}
    assert set(of_units(store, few, ("dues",))[few[0].subject]) == {"dues/2026-05"}


def test_movements_of_many_in_some_states_are_those_of_each(store: MemoryStore, periods: list[MobilityPeriod]) -> None:
    for states in (("ended",), ("notified", "refused"), ("notified", "admitted", "refused", "ended")):
        wanted = [period for period in periods if states_of(store, [period])[period.subject] in states]
        found = movements_in(store, periods, states)
        for period in periods:
            held = movements_in(store, [period], states)
            assert found.get(period.subject, {}) == held.get(period.subject, {})
            assert (period.subject in held) is (period in wanted)
