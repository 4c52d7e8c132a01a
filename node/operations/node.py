"""How this node is doing: what an officer or a technician looks at first."""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.card_renewed import COPY_AGAIN, CardRenewed
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.records import Delivery, Pairing, Task
from gongguan.sync.roles import ADMINISTRATORS, EVERYONE


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``node.status``."""

    node_id: Annotated[str, labelled("节点编号", "node id")]
    title: Annotated[str, labelled("名称", "title")]
    synthetic: Annotated[bool, labelled("演示节点（只收虚构人员）", "demonstration node")]
    recovering: Annotated[
        bool,
        labelled("正在从备份恢复（详见 gongguan recovery show）", "recovering from a backup: see recovery show"),
    ]
    partners: Annotated[int, labelled("已结对节点", "active partners")]
    waiting: Annotated[int, labelled("有未收到回执的消息的节点", "partners with messages not receipted")]
    unreached: Annotated[int, labelled("联系不上的节点", "partners that cannot be reached")]
    silent: Annotated[
        int, labelled("久无消息的节点（见 gongguan peer list）", "partners silent for long: see peer list")
    ]
    frozen: Annotated[int, labelled("因证据停止接收的节点", "partners frozen by evidence")]
    over_quota: Annotated[
        int,
        labelled(
            "消息超过存储上限、暂不接收的节点（见 limits.peer_bytes_max）",
            "partners over the bound limits.peer_bytes_max, whose messages are refused",
        ),
    ]
    renew_sealing: Annotated[
        bool,
        labelled(
            "封装密钥已用满一年（由系统管理员运行 gongguan keys renew-sealing）",
            "sealing keys older than a year: keys renew-sealing",
        ),
    ]
    resealing: Annotated[
        int,
        labelled("尚待用新数据密钥加密的表", "tables still to be sealed under the new data key"),
    ]
    held: Annotated[
        int,
        labelled(
            "暂存未处理的消息（见 gongguan quarantine list）", "messages held by either side: see quarantine list"
        ),
    ]
    disputed: Annotated[
        int,
        labelled(
            "双方处理结果不同的消息（见 gongguan quarantine list）", "messages on whose verdict both sides differ"
        ),
    ]


def show_status(act: Act, request: Nothing) -> NodeStatus:
    """What there is to worry about. Raises I-own-card."""
    # Loaded by the node that looks: a command only names what this module has.
    from gongguan.node.database import sealed_tables  # noqa: PLC0415
    from gongguan.protocol import card as cards  # noqa: PLC0415
    from gongguan.protocol import note  # noqa: PLC0415
    from gongguan.sync.days import today  # noqa: PLC0415
    from gongguan.sync.exchange import pairings, quota, succession  # noqa: PLC0415
    from gongguan.sync.exchange.held import DISPUTED, HELD_HERE, HELD_THERE  # noqa: PLC0415
    from gongguan.sync.oversight.silence import silent_since  # noqa: PLC0415

    card = cards.parse(note.parse(pairings.own_card(act.store).note).text)
    active = act.store.find(Pairing, state="active")
    states = [act.store.get(Delivery, item.pairing_id) for item in active]
    return NodeStatus(
        node_id=card.node_id,
        title=card.title,
        synthetic=act.node.synthetic,
        recovering=any(item.recovering for item in active),
        partners=len(active),
        waiting=sum(act.exchange.is_due(item.pairing_id) for item in active),
        unreached=sum(state is not None and state.failures > 0 for state in states),
        silent=sum(silent_since(act.store, item, today(act.now)) is not None for item in active),
        frozen=act.store.count(Pairing, state="frozen"),
        over_quota=sum(quota.is_refusing(act.store, item.pairing_id) for item in active),
        renew_sealing=(today(act.now) - succession.sealing_since(act.store)).days > succession.SEALING_DAYS_MAX,
        resealing=len(sealed_tables.due(act.store)),
        held=_open_tasks(act, HELD_HERE) + _open_tasks(act, HELD_THERE),
        disputed=_open_tasks(act, DISPUTED),
    )


def update_card(act: Act, request: Nothing) -> CardRenewed:
    """A new card with title and addresses as ``gongguan.toml`` has them now. Raises D-card-unchanged, R-cards."""
    from gongguan.node.operations.keys import renewed  # noqa: PLC0415 - as above
    from gongguan.sync.days import today  # noqa: PLC0415 - as above
    from gongguan.sync.exchange.renewal import CardChange  # noqa: PLC0415 - as above

    return renewed(act, CardChange(today(act.now).isoformat(), as_configured=True))


def _open_tasks(act: Act, kind: str) -> int:
    return act.store.count(Task, state="open", kind=kind)


OPERATIONS: Final = (
    Operation(
        name="node.status",
        title="查看本节点状况",
        english="see how this node is doing",
        request=Nothing,
        answer=NodeStatus,
        roles=EVERYONE,
        function=show_status,
        reads=True,
    ),
    Operation(
        name="node.card_update",
        title="按配置文件更换名片（名称、联络地址、信箱）",
        english="renew the card from the settings (title, addresses, mailboxes)",
        request=Nothing,
        answer=CardRenewed,
        roles=ADMINISTRATORS,
        function=update_card,
        done=Said(
            "名片已更换：{title}，序号 {serial}，将送达 {partners} 个结对节点。",
            "The card is renewed: {title}, serial {serial}; it goes to {partners} partners.",
        ),
        hint=COPY_AGAIN,
    ),
)
