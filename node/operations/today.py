"""What is due for the person who asks, from the table ``sync.due.DUES``."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.sync.due.due import TodayList, TodayListed, list_today
from gongguan.sync.roles import VIEWERS

_NOTHING: Final = Told(
    None, Said("现在没有应办的事；各类事项见 gongguan duty list", "Nothing is due now; see gongguan duty list")
)

OPERATIONS: Final = (
    Operation(
        name="today.list",
        title="查看现在应办的事",
        english="list what is due now",
        request=TodayList,
        answer=TodayListed,
        roles=VIEWERS,
        function=list_today,
        duties=("B-01",),
        reads=True,
        personal=True,
        hint=Said(
            "按“怎么办”一栏逐件办理；联系、参加情况、党费、接收有多人的，用表一次办：gongguan sheet make 联系走访",
            "Do what the last column says; for many members there are sheets: gongguan sheet make contacts",
        ),
        instead=(Instead({"total": False}, _NOTHING),),
    ),
)
