"""What every operation answers that makes a new card of this node, and what is to be done after it.

Apart from those operations, so that a command that names one of them need not load what makes cards.
"""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.said import Said
from gongguan.sync.labels import labelled


class CardRenewed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of whatever makes a new card."""

    serial: Annotated[int, labelled("名片序号", "serial of the card")]
    title: Annotated[str, labelled("名称", "title")]
    endpoints: Annotated[list[str], labelled("联络地址", "endpoints")]
    fingerprint: Annotated[str, labelled("新的核对码", "new fingerprint")]
    partners: Annotated[int, labelled("要送达的结对节点", "partners to be told")]


COPY_AGAIN: Final = Said(
    "请把 keys 文件夹重新复制保管；以前的复制件不能再用来恢复本节点，确认新的可用后销毁。"
    "对方收到与否见 gongguan peer show 对方编号",
    "Copy the folder keys anew: earlier copies do not restore this node any more; then destroy them. "
    "Who has the card: gongguan peer show ID",
)
