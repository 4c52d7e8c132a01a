"""After a restore from a backup: how much came back from the partners, and what did not."""

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.paper.lost_letters import lost_numbers
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.roles import EVERYONE, OFFICERS
from gongguan.sync.shared import partners

if TYPE_CHECKING:  # loaded inside the functions: the command only names its fields
    from gongguan.sync.exchange.recovery import Account


class RecoveryNamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``recovery.begin`` and ``recovery.end``."""

    peer: Annotated[
        str,
        labelled("对方节点编号（开头几位即可）", "partner's node id, or how it begins", argument=True, max_length=64),
    ] = ""


class RecoveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One recovery with one partner."""

    peer: Annotated[str, labelled("对方节点编号", "partner's node id")]
    under_way: Annotated[bool, labelled("正在恢复", "under way")]
    by_fence: Annotated[
        bool, labelled("由签出位置文件发现（应有数完整）", "noticed by the fence: the number expected is complete")
    ]
    began_at: Annotated[str, labelled("开始", "began")]
    ended_at: Annotated[str | None, labelled("完成", "ended")]
    expected: Annotated[int, labelled("备份缺少的本方消息", "our messages that the backup lacked")]
    returned: Annotated[int, labelled("已找回", "came back")]
    erased: Annotated[
        int, labelled("其中对方称已删除、内容不再送回", "of these, erased by the partner's word: without content")
    ]
    awaited: Annotated[int, labelled("还在等对方", "awaited from the partner")]
    lost: Annotated[int, labelled("对方从未收到，无法找回", "never received by the partner: lost")]
    expected_there: Annotated[int, labelled("备份缺少的对方消息", "the partner's messages that the backup lacked")]
    returned_there: Annotated[int, labelled("对方已重新送来", "sent again by the partner")]


class RecoveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of all three."""

    expected: Annotated[int, labelled("备份缺少的本方消息", "our messages that the backup lacked")]
    returned: Annotated[int, labelled("已找回", "came back")]
    erased: Annotated[int, labelled("其中已删除、没有内容", "of these, erased and without content")]
    awaited: Annotated[int, labelled("还在等对方", "awaited")]
    lost: Annotated[int, labelled("无法找回", "lost")]
    letters_lost: Annotated[
        list[str],
        labelled("备份以后写过、本机已没有的公函（序号）", "numbers of letters lost since the backup"),
    ]
    recoveries: Annotated[tuple[RecoveryLine, ...], labelled("各次恢复", "recoveries")]


def show(act: Act, request: Nothing) -> RecoveryShown:
    """All recoveries, with their sums."""
    return _shown(act)


def begin(act: Act, request: RecoveryNamed) -> RecoveryShown:
    """Fetch what an older backup lacks. Raises D-peer-unknown, D-peer-not-paired, D-peer-ambiguous."""
    from gongguan.sync.exchange import recovery  # noqa: PLC0415

    pairing = partners.active_pairing(act.store, request.peer)
    recovery.begin(act.exchange, pairing.pairing_id)
    act.node.wake(pairing.pairing_id)
    return _shown(act)


def end(act: Act, request: RecoveryNamed) -> RecoveryShown:
    """Do not wait any longer for what a partner holds. Raises D-peer-unknown, D-peer-ambiguous."""
    from gongguan.sync.exchange import recovery  # noqa: PLC0415

    pairing = partners.active_pairing(act.store, request.peer)
    recovery.give_up(act.exchange, pairing.pairing_id)
    return _shown(act)


def _shown(act: Act) -> RecoveryShown:
    from gongguan.sync.exchange import recovery  # noqa: PLC0415

    found = recovery.accounts(act.store)
    return RecoveryShown(
        expected=sum(item.expected for item in found),
        returned=sum(item.returned for item in found),
        erased=sum(item.erased for item in found),
        awaited=sum(item.awaited for item in found),
        lost=sum(item.lost for item in found),
        letters_lost=[f"{number:04}" for number in lost_numbers(act.store)],
        recoveries=tuple(_line(item) for item in found),
    )


def _line(item: "Account") -> RecoveryLine:
    return RecoveryLine(
        peer=item.peer,
        under_way=item.recovery.ended_at is None,
        by_fence=item.recovery.because == "fence",
        began_at=item.recovery.began_at,
        ended_at=item.recovery.ended_at,
        expected=item.expected,
        returned=item.returned,
        erased=item.erased,
        awaited=item.awaited,
        lost=item.lost,
        expected_there=item.expected_there,
        returned_there=item.returned_there,
    )


_FIGURES: Final = Said(
    "本方消息 {expected} 条中找回 {returned} 条（其中 {erased} 条对方称已删除，没有内容），还在等 {awaited} 条；"
    "另 {lost} 条对方从未收到，无法找回。",
    "Of {expected} messages of ours {returned} came back ({erased} of them erased, without content), "
    "{awaited} are awaited; {lost} never reached the partner.",
)
_LETTERS: Final = Said(
    "备份以后写给无节点一方的公函，本机已没有：第 {letters_lost} 号。请照纸面重新办理，对方的答复也重新登记。",
    "Letters to partners without a node that were written after the backup are not here: numbers {letters_lost}. "
    "Do again what they said, and enter the answers anew.",
)
_FIGURES_AND_LETTERS: Final = Said(f"{_FIGURES.zh}\n{_LETTERS.zh}", f"{_FIGURES.en}\n{_LETTERS.en}")
_LOCAL: Final = Said(
    "只存在本机的内容（名册、外出报告、账号、审计、与无节点一方的公函和代录）回到备份时的样子，备份以后的要重新登记。",
    "What was never sent (roster, reports, accounts, audit, letters to partners without a node and their answers) is "
    "as in the backup: enter anew what came after it.",
)

OPERATIONS: Final = (
    Operation(
        name="recovery.show",
        title="查看从备份恢复的结果",
        english="see what came back after a restore",
        request=Nothing,
        answer=RecoveryShown,
        roles=EVERYONE,
        function=show,
        reads=True,
        done=_FIGURES,
        hint=_LOCAL,
        instead=(Instead({"letters_lost": True}, Told(_FIGURES_AND_LETTERS, _LOCAL)),),
    ),
    Operation(
        name="recovery.begin",
        title="放回过旧备份而节点没有发现的，向对方取回消息",
        english="fetch back from a partner what an older backup lacks, where the node did not notice by itself",
        request=RecoveryNamed,
        answer=RecoveryShown,
        roles=OFFICERS,
        function=begin,
        subtree=whole_committee,
        done=Said(
            "正在向对方取回，完成以前不能写新消息。", "It is being fetched; nothing is written until it is here."
        ),
        hint=Said("结果见 gongguan recovery show", "See gongguan recovery show"),
    ),
    Operation(
        name="recovery.end",
        title="不再等对方归还，结束恢复",
        english="end a recovery without waiting for the partner",
        request=RecoveryNamed,
        answer=RecoveryShown,
        roles=OFFICERS,
        function=end,
        subtree=whole_committee,
        done=_FIGURES,
        hint=Said(
            "对方以后送回的消息仍会收下，本方据旧情况写下的内容可能与它不一致",
            "What comes back later is still taken; what you write meanwhile may conflict with it",
        ),
    ),
)
