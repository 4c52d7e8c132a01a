"""The whole list of refusals, out of the modules of its letters; loaded when the first sentence is asked for."""

from typing import Final

from gongguan.protocol.errors.agreement import AGREEMENT
from gongguan.protocol.errors.authentication import AUTHENTICATION
from gongguan.protocol.errors.code import Code
from gongguan.protocol.errors.domain_entries import ENTRIES
from gongguan.protocol.errors.domain_members import MEMBERS
from gongguan.protocol.errors.domain_movement import MOVEMENT
from gongguan.protocol.errors.domain_partners import PARTNERS
from gongguan.protocol.errors.domain_sheets import SHEETS
from gongguan.protocol.errors.exchange import EXCHANGE
from gongguan.protocol.errors.internal import INTERNAL
from gongguan.protocol.errors.resource import RESOURCE
from gongguan.protocol.errors.schema import SCHEMA
from gongguan.protocol.errors.transport import TRANSPORT

CODES: Final[dict[str, Code]] = {
    **TRANSPORT,
    **AUTHENTICATION,
    **EXCHANGE,
    **AGREEMENT,
    **SCHEMA,
    **RESOURCE,
    **SHEETS,
    **MEMBERS,
    **MOVEMENT,
    **ENTRIES,
    **PARTNERS,
    **INTERNAL,
}
