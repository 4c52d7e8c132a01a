"""Agreements with partners: prepared by officers, signed by the secretaries of both sides."""

from typing import Final

from gongguan.sync.agreement_changes import AgreementCompared, AgreementDiff, show_changes
from gongguan.sync.agreement_drafts import AgreementAmend, AgreementDraftRequest, amend_agreement, draft_agreement
from gongguan.sync.agreements import (
    Agreed,
    AgreementDecline,
    AgreementEnd,
    AgreementList,
    AgreementPropose,
    AgreementShow,
    AgreementShown,
    AgreementSign,
    AgreementsListed,
    decline_agreement,
    end_agreement,
    list_agreements,
    propose_agreement,
    show_agreement,
    sign_agreement,
)
from gongguan.sync.candidates import CandidateList, CandidatesListed, list_candidates
from gongguan.sync.responsibility import DutyShow, DutyShown, show_responsible
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS

from .body import whole_committee
from .operation import Operation, Said

_DRAFTED = Said("草稿已存，编号 {id}。", "The draft is kept as {id}.")
_DRAFT_NEXT = Said(
    "核对文本和“签署前还缺”；请书记提出：gongguan agreement propose 草稿编号",
    "Check the text and what is missing; ask the secretary: gongguan agreement propose ID",
)

OPERATIONS: Final = (
    Operation(
        name="agreement.draft",
        title="起草共管协议",
        english="prepare an agreement",
        request=AgreementDraftRequest,
        answer=AgreementShown,
        roles=OFFICERS,
        function=draft_agreement,
        duties=("A-01", "A-60"),
        subtree=whole_committee,
        done=_DRAFTED,
        hint=_DRAFT_NEXT,
    ),
    Operation(
        name="agreement.amend",
        title="起草对生效协议的修改或续签",
        english="prepare a change or renewal of the agreement in force",
        request=AgreementAmend,
        answer=AgreementShown,
        roles=OFFICERS,
        function=amend_agreement,
        duties=("A-61",),
        subtree=whole_committee,
        done=_DRAFTED,
        hint=_DRAFT_NEXT,
    ),
    Operation(
        name="agreement.list",
        title="查看协议目录",
        english="list drafts, proposals and versions",
        request=AgreementList,
        answer=AgreementsListed,
        roles=VIEWERS,
        function=list_agreements,
        reads=True,
        hint=Said("查看文本：gongguan agreement show 编号", "See the text: gongguan agreement show ID"),
    ),
    Operation(
        name="agreement.show",
        title="查看协议文本、签名和批准",
        english="show a text with its signatures and approvals",
        request=AgreementShow,
        answer=AgreementShown,
        roles=VIEWERS,
        function=show_agreement,
        duties=("A-09",),
        reads=True,
        hint=Said(
            "书记签署时带上版本摘要：gongguan agreement sign 版本摘要",
            "The secretary signs by the version: gongguan agreement sign VERSION",
        ),
    ),
    Operation(
        name="agreement.diff",
        title="查看新文本改了哪些条款",
        english="show what a new text changes",
        request=AgreementDiff,
        answer=AgreementCompared,
        roles=VIEWERS,
        function=show_changes,
        duties=("A-60", "A-61"),
        reads=True,
        hint=Said(
            "同意的，书记按新版本摘要签署：gongguan agreement sign 新版本摘要",
            "Agreed? The secretary signs by the new version: gongguan agreement sign VERSION",
        ),
    ),
    Operation(
        name="agreement.duty",
        title="查看一项职责由哪一方负责",
        english="show who answers for a duty",
        request=DutyShow,
        answer=DutyShown,
        roles=VIEWERS,
        function=show_responsible,
        duties=("A-01",),
        reads=True,
        personal=True,
    ),
    Operation(
        name="agreement.candidates",
        title="查看流动党员集中的去向（可协商签订协议）",
        english="list where members concentrate: whom to agree with",
        request=CandidateList,
        answer=CandidatesListed,
        roles=VIEWERS,
        function=list_candidates,
        duties=("A-59",),
        subtree=whole_committee,
        reads=True,
        hint=Said(
            "只按本节点自己的名册和报告统计；与对方协商后结对并起草：gongguan agreement draft",
            "Counted from this node's own rosters and reports only; then pair and draft: gongguan agreement draft",
        ),
    ),
    Operation(
        name="agreement.propose",
        title="签名并向对方提出协议",
        english="sign a draft and propose it to the partner",
        request=AgreementPropose,
        answer=Agreed,
        roles=SIGNERS,
        function=propose_agreement,
        duties=("A-01", "A-09", "A-34", "A-60", "A-61"),
        subtree=whole_committee,
        done=Said("已签名并向{peer}提出，版本摘要 {version}。", "Signed and proposed to {peer}, version {version}."),
        hint=Said(
            "现在请对方书记核对版本摘要并签署；签署后协议生效",
            "Now the partner's secretary compares the version and signs; then it is in force",
        ),
    ),
    Operation(
        name="agreement.sign",
        title="签署对方提出的协议",
        english="sign what the partner proposed",
        request=AgreementSign,
        answer=Agreed,
        roles=SIGNERS,
        function=sign_agreement,
        duties=("A-09", "A-34", "A-61"),
        subtree=whole_committee,
        done=Said(
            "已签署，与{peer}的协议自 {valid_from} 起至 {valid_until} 止。",
            "Signed: the agreement with {peer} runs from {valid_from} to {valid_until}.",
        ),
        hint=Said(
            "对方节点收到签名后双方即可通报外出党员；对方现在不用再签",
            "Once the partner's node has the signature both can work; the partner need not sign again",
        ),
    ),
    Operation(
        name="agreement.decline",
        title="不同意对方提出的协议",
        english="decline what the partner proposed",
        request=AgreementDecline,
        answer=Agreed,
        roles=SIGNERS,
        function=decline_agreement,
        duties=("A-61",),
        subtree=whole_committee,
        done=Said("已答复{peer}：不同意此文本。", "{peer} is told that this text is declined."),
        hint=Said("对方可修改后重新提出；本方也可另行起草", "The partner may propose another text, and so may we"),
    ),
    Operation(
        name="agreement.end",
        title="终止现行协议",
        english="end the agreement in force",
        request=AgreementEnd,
        answer=Agreed,
        roles=SIGNERS,
        function=end_agreement,
        duties=("A-61",),
        subtree=whole_committee,
        done=Said("与{peer}的协议已终止。", "The agreement with {peer} has ended."),
        hint=Said(
            "对方收到之前发来的事项会列为“终止前未知”，由双方决定是否计入：gongguan conflict list",
            "What the partner sent before it knew is listed for both to decide: gongguan conflict list",
        ),
    ),
)
