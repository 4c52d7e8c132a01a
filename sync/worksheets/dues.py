"""The sheet of dues: one month of many members, a member a row; amounts stay on this node.

Who has no date is not known to have paid, and stays unknown::

    DUES_SHEET.layout.headers()   ->  ("姓名", "月份", "交纳日期", "实交（元）", …)
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.cells import Cell, Parsed, parse_code, text_of
from gongguan.sync.day_cells import parse_day, parse_month
from gongguan.sync.dues.dues import YUAN, DuesEnter, DuesRow, DuesWithdraw, enter_one, is_less, withdraw
from gongguan.sync.dues.rates import Payer
from gongguan.sync.persons.people import Person
from gongguan.sync.roles import WORKERS
from gongguan.sync.shared.charges import Charge, charges_in_reach
from gongguan.sync.sheets.columns import PERSON_COLUMNS
from gongguan.sync.sheets.sheets import Column, Layout
from gongguan.sync.vocabulary import one_of
from gongguan.sync.worksheets.worksheet import SheetKind, SheetRow, Taken, checked


class DuesSheetRow(SheetRow, frozen=True, kw_only=True):
    """One member, one month."""

    month: str = ""
    paid_on: str | None = None
    amount: str | None = None
    payer: Payer | None = None
    income: str | None = None
    receipt: str | None = None


def parse_yuan(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """An amount in yuan with at most two decimals, as a number or as text; raises D-sheet-yuan."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        value = f"{cell:.4f}".rstrip("0").rstrip(".")
        change = None
    else:
        text, change = text_of(cell)
        # Digits of full width, and their comma, become those that an amount is written with.
        text = unicodedata.normalize("NFKC", text)
        value = text.removesuffix("元").replace(",", "").strip()
    if not re.fullmatch(YUAN, value):
        raise refuse("D-sheet-yuan")
    return Parsed(value, change)


def make_ready(act: Act) -> Mapping[str, Charge]:
    """Everyone in charge, looked up once for a sheet."""
    return {charge.person: charge for charge in charges_in_reach(act)}


def take_dues(act: Act, row: DuesSheetRow, person: Person, ready: Mapping[str, Charge]) -> Taken:
    """Enter the month, as ``dues.enter`` does. Raises its refusals."""
    on = row.paid_on or ""
    entry = DuesRow(person=person.id, amount=row.amount, payer=row.payer, income=row.income, receipt=row.receipt)
    made = enter_one(act, ready[person.id], entry, DuesEnter(month=row.month, paid_on=on))
    if made is None:
        return Taken(None, "先前已登记")
    return Taken(f"{made.month} {made.person}", "少于标准，请核对" if is_less(made) else "")


def take_back(act: Act, made: str) -> None:
    """Withdraw a month; it stays readable."""
    month, _, person = made.partition(" ")
    withdraw(act, DuesWithdraw(person=person, month=month, reason="entered_in_error"))


_COLUMNS: Final = (
    PERSON_COLUMNS[0],
    Column("month", "月份", parse_month, ("党费月份", "交纳月份", "缴纳月份", "缴费月份")),
    Column("paid_on", "交纳日期", parse_day, ("交费日期", "交纳时间", "缴纳日期", "缴纳时间", "缴费日期")),
    Column("amount", "实交（元）", parse_yuan, ("实交", "金额", "交纳金额", "实缴", "缴纳金额")),
    Column("payer", "交纳标准类别", one_of("dues_payer"), ("人员类别",), list_name="dues_payer"),
    Column("income", "月收入（元）", parse_yuan, ("月收入", "党费基数", "基数")),
    Column("receipt", "收据号", parse_code, ("收据",)),
    PERSON_COLUMNS[1],
)

DUES_SHEET: Final = SheetKind(
    code="dues",
    english="dues of one month",
    layout=Layout(
        "党费交纳登记表",
        DuesSheetRow,
        _COLUMNS,
        checked(_COLUMNS, answer="paid_on", needed=("month",), carried=("month",)),
    ),
    roles=WORKERS,
    feeds="dues.enter",
    need="charge",
    stands=lambda act, person: True,
    begin=make_ready,
    take=take_dues,
    undo=take_back,
    answer="paid_on",
    given=("月份", "交纳日期"),
    notes=(
        "交了的填交纳日期；没有交或不清楚的留空：留空就是不掌握，不算未交。",
        "月份只填第一行就可以，下面各行留空即与上一行相同。",
        "实交、标准类别、月收入、收据号可以不填；填了也只存本节点，不发给对方。",
    ),
)
