"""Notices to and from partners."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import refuse
from gongguan.sync.liaison.notices import NoticeList, NoticeSend, NoticeSent, NoticesListed, list_notices, send
from gongguan.sync.persons.bodies import top_code
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.periods import (
    body_of,
)
from gongguan.sync.store import Store


def speaks_for(store: Store, request: NoticeSend) -> str:
    """The body in whose name it goes out: that of the member concerned, else the committee. Raises D-body-unknown."""
    code = body_of(store, request.subject) if request.subject else top_code(store)
    if code is None:
        raise refuse("D-body-unknown")
    return code


OPERATIONS: Final = (
    Operation(
        name="notice.send",
        title="向对方发通知",
        english="send a notice",
        request=NoticeSend,
        answer=NoticeSent,
        roles=WORKERS,
        function=send,
        duties=("A-08", "A-10", "A-13", "A-20", "A-33", "A-34", "A-65"),
        subtree=speaks_for,
        about=about_subject,
        done=Said("通知已写入日志（{notice}），将送达对方。", "The notice is written ({notice})."),
        hint=Said("查看对方是否签收：gongguan notice list", "See whether it is receipted: gongguan notice list"),
    ),
    Operation(
        name="notice.list",
        title="查看收发的通知",
        english="list notices",
        request=NoticeList,
        answer=NoticesListed,
        roles=VIEWERS,
        function=list_notices,
        duties=("A-65",),
        reads=True,
        personal=True,
    ),
)
