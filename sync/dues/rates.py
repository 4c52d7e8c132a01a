"""What dues a month comes to: the national table as data, in fen, and who may collect where.

Source: the regulation on collecting, using and managing dues, Arts. 3-12. Amounts never leave this node::

    due_of("wage", 420_000)   ->  Due(least=4_200, most=4_200)      # 1 % of 4,200 yuan
    due_of("farmer", None)    ->  Due(least=20, most=100)
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Payer = Literal["wage", "retired", "farmer", "student", "laid_off", "relief"]


class Rate(NamedTuple):
    """A step: income up to this many fen (None: any) pays so many thousandths of all of it."""

    up_to: int | None
    permille: int


class Amount(NamedTuple):
    """What a month comes to, in fen: from the least to the most."""

    least: int
    most: int


RATES: Final[Mapping[str, tuple[Rate, ...]]] = {
    "wage": (Rate(300_000, 5), Rate(500_000, 10), Rate(1_000_000, 15), Rate(None, 20)),
    "retired": (Rate(500_000, 5), Rate(None, 10)),
}
"""Those who pay a share of their monthly income after tax, by the steps of the table."""

FIXED: Final[Mapping[str, Amount]] = {
    "farmer": Amount(20, 100),
    "student": Amount(20, 20),
    "laid_off": Amount(20, 20),
    "relief": Amount(20, 20),
}
"""Those who pay an amount."""


def due_of(payer: str, income: int | None) -> Amount | None:
    """What a month comes to, rounded to the fen; None where the income would have to be known."""
    if payer in FIXED:
        return FIXED[payer]
    if income is None:
        return None
    rate = next(step for step in RATES[payer] if step.up_to is None or income <= step.up_to)
    amount = (income * rate.permille + 500) // 1000
    return Amount(amount, amount)


def fen(yuan: str) -> int:
    """``12.5`` yuan as 1250 fen. The text has at most two decimals."""
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") if part else 0)


def yuan(amount: int) -> str:
    """1250 fen as ``12.50``."""
    return f"{amount // 100}.{amount % 100:02}"
