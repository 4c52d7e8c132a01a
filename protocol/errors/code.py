"""One row of the table of refusals, and the next steps that many rows share."""

from typing import Final, NamedTuple


class Code(NamedTuple):
    """What a person reads: what happened, and what to do next."""

    zh: str
    en: str
    next_zh: str
    next_en: str


ASK_PEER_ZH: Final = "请把代码告诉对方节点的技术人员"
ASK_PEER_EN: Final = "tell the partner's technician this code"

ASK_TECHNICIAN_ZH: Final = "请把时间和这个代码告诉技术人员"
ASK_TECHNICIAN_EN: Final = "tell the technician the time and this code"
