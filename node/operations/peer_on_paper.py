"""A partner without a node: entered, put right, taken out, and gone on with once it has a node."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.sync.letters.links import PeerLink, PeerLinked, link
from gongguan.sync.paper.corrections import PeerAmend, PeerTakenOut, PeerTakeOut, amend, take_out
from gongguan.sync.paper.partners import PaperPartnerState, PeerAdd, add_partner
from gongguan.sync.roles import OFFICERS

_ADDED: Final = Said("已登记{title}，编号 {peer}，状态：{state}。", "{title} is added as {peer}: {state}.")
_LINKED: Final = Said(
    "已转到{peer}：党员 {members} 名，请对方核对代录 {offered} 条。",
    "{peer} goes on: {members} members; {offered} statements are offered to it.",
)
_LINKED_IN_PART: Final = Said(
    "已转到{peer}：党员 {members} 名，请对方核对代录 {offered} 条；还有 {lacking_count} 名没有转去，仍按公函往来。",
    "{peer} goes on: {members} members, {offered} statements; {lacking_count} members stay on paper.",
)
_LACKING: Final = Said(
    "按表中所列补齐后，再运行一次 gongguan peer link，已转去的不会重复通报",
    "Add what the table names and run gongguan peer link once more: nobody is notified twice",
)
_AGREED: Final = Said(
    "对方同意往来已一并登记，可以直接通报：gongguan departure notify；各项通报会生成公函，见 gongguan letter list",
    "That they agreed is entered too: gongguan departure notify; notices become letters: gongguan letter list",
)

PAPER: Final = (
    Operation(
        name="peer.add",
        title="登记一个没有节点的对方（公函往来）",
        english="add a partner without a node, to work with by letter",
        request=PeerAdd,
        answer=PaperPartnerState,
        roles=OFFICERS,
        function=add_partner,
        subtree=whole_committee,
        done=_ADDED,
        hint=Said(
            "对方同意往来后登记其答复：gongguan agreement on-paper；以后各项通报会生成公函，见 gongguan letter list",
            "Enter that they agreed: gongguan agreement on-paper; then notices become letters: gongguan letter list",
        ),
        instead=(Instead({"agreed_on": True}, Told(_ADDED, _AGREED)),),
    ),
    Operation(
        name="peer.link",
        title="原无节点的对方装了节点：转到节点往来，并请其核对代录",
        english="go on with the node that a partner has installed, and offer it what was entered for it",
        request=PeerLink,
        answer=PeerLinked,
        roles=OFFICERS,
        function=link,
        subtree=whole_committee,
        done=_LINKED,
        hint=Said(
            "请对方运行 gongguan letter offered 逐条核对，结果本方也在 gongguan letter offered 查看；"
            "对方住在本方的党员由其节点另行通报，原记录按对方来函来电结束：gongguan movement return 编号 --heard …",
            "They run gongguan letter offered, and the outcome stands there here too; their members who live here are "
            "notified by their node, and end on paper by their word: gongguan movement return ID --heard …",
        ),
        instead=(Instead({"lacking": True}, Told(_LINKED_IN_PART, _LACKING)),),
    ),
    Operation(
        name="peer.amend",
        title="更正无节点的对方的名称、区划、地址或电话",
        english="correct title, division, address or telephone of a partner without a node",
        request=PeerAmend,
        answer=PaperPartnerState,
        roles=OFFICERS,
        function=amend,
        subtree=whole_committee,
        about=lambda request: f"peer:{request.peer}",
        done=Said("{title}的登记已更正。", "{title} is corrected."),
        hint=Said(
            "以前的公函照原样保留；以后的公函用新的名称：gongguan letter list",
            "Letters of before stay as they were, later ones bear the new title: gongguan letter list",
        ),
    ),
    Operation(
        name="peer.remove",
        title="取消登记错的无节点对方；已往来过的停用，记录保留",
        english="take out a partner without a node that was entered by mistake; one that was used is kept readable",
        request=PeerTakeOut,
        answer=PeerTakenOut,
        roles=OFFICERS,
        function=take_out,
        subtree=whole_committee,
        about=lambda request: f"peer:{request.peer}",
        done=Said("{title}：{state}。", "{title}: {state}."),
    ),
)
