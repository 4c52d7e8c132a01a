"""``P-``: the partner broke the exchange protocol, or a message does not fit what both have stored."""

from typing import Final

from gongguan.protocol.errors.code import ASK_PEER_EN, ASK_PEER_ZH, Code

EXCHANGE: Final[dict[str, Code]] = {
    "P-probation-term": Code(
        "预备期的期满日期与流出地登记的不符",
        "this is not the end of probation that the origin has on record",
        "查看：gongguan probation show；没有登记的先登记：gongguan probation set",
        "see gongguan probation show; the origin records it with gongguan probation set",
    ),
    "P-probation-decided": Code(
        "预备期已经作出决定",
        "this probation is decided",
        "查看决定：gongguan probation show",
        "see gongguan probation show",
    ),
    "P-probation-early": Code(
        "预备期满以前不能召开讨论转正的党员大会",
        "the branch does not meet before probation is over",
        "党员大会日期不得早于期满之日",
        "choose the day of expiry or a later one",
    ),
    "P-probation-answer-by": Code(
        "答复期限晚于党员大会日期",
        "the answer is asked for after the meeting",
        "答复期限定在党员大会以前",
        "ask for it before the meeting",
    ),
    "P-probation-months": Code(
        "延长预备期须写明延长的月数（6至12个月），其他决定不填",
        "an extension names its months (6 to 12), other decisions none",
        "填写或去掉 --months",
        "give or leave out --months",
    ),
    "P-probation-extended": Code(
        "预备期只能延长一次",
        "probation is extended once only",
        "作出按期转正或取消资格的决定",
        "decide for conversion or cancellation",
    ),
    "P-probation-approval": Code(
        "审批日期早于党员大会日期",
        "approved before the branch met",
        "核对两个日期",
        "check both dates",
    ),
    "P-probation-late": Code(
        "党委应在党员大会后三个月内审批；超过的要说明原因",
        "the committee decides within three months of the meeting; later needs a reason",
        "核对日期，或用 --late-reason 说明原因",
        "check the dates, or give --late-reason",
    ),
    "P-probation-opinion": Code(
        "没有流入地对这次期满的书面意见，也没有说明为什么得不到",
        "neither the destination's written opinion on this expiry nor a reason why none could be had",
        "先征求意见：gongguan probation request；确实得不到的用 --no-opinion 说明原因",
        "ask for it: gongguan probation request; or give --no-opinion",
    ),
    "P-probation-not-asked": Code(
        "没有征求过意见，不能以“逾期未答复”为由",
        "nobody was asked, so nobody failed to answer",
        "先征求意见：gongguan probation request",
        "ask first: gongguan probation request",
    ),
    "P-erased": Code(
        "对方以“已删除”代替了本节点从未收到的消息",
        "the partner shows as erased what this node never received",
        ASK_PEER_ZH,
        ASK_PEER_EN,
    ),
    "P-subject-erased": Code(
        "这名党员的资料双方已经删除，不能再登记",
        "both sides have erased this member",
        "再次外出的，重新通报，会有新的编号",
        "give a new notice of departure; it gets another pseudonym",
    ),
    "P-erasure-ending": Code(
        "流动没有结束，或结束日期与记录不符，不能删除",
        "the mobility period has not ended, or not on that day",
        "先办理流动结束",
        "end the period first",
    ),
    "P-proof": Code(
        "证明不成立", "the proof does not hold", "不要采信这份文件，请重新索取", "do not rely on it; ask again"
    ),
    "P-case": Code(
        "案卷各部分对不上",
        "the parts of the case do not fit together",
        "核对名片是不是双方结对时的名片；仍不成立就不要采信，请重新索取",
        "check that the cards are those of the pairing; else do not rely on it and ask again",
    ),
    "P-pairing-changed": Code(
        "结对中途对方换了名片或经办人",
        "card or officer changed in the middle of a pairing",
        "两边都取消这次结对，再重新邀请",
        "cancel the pairing on both sides and invite again",
    ),
    "P-digest": Code(
        "对方的对账答复前后矛盾",
        "the answers of a comparison contradict each other",
        ASK_PEER_ZH,
        ASK_PEER_EN,
    ),
    "P-not-this-pairing": Code(
        "数据包不属于这一结对",
        "the bundle is not of this pairing",
        "核对文件来自哪个节点",
        "check where the file comes from",
    ),
    "P-status-header": Code(
        "数据包内外信息不一致",
        "header and status note differ",
        "请对方重新导出数据包",
        "ask for the bundle again",
    ),
    "P-protocol": Code(
        "对方软件只用本方不懂的协议版本",
        "the partner's software speaks no version of the protocol that ours does",
        "看哪一方的软件旧，升级它；其间没有回执的内容都会重送",
        "see whose software is older and upgrade it; what has no receipt is sent again",
    ),
    "P-status-rest": Code(
        "数据包内容与其签名不符",
        "the content is not what the status note names",
        "请对方重新导出数据包",
        "ask for the bundle again",
    ),
    "P-segment-size": Code(
        "日志段的条数与签名不符", "a segment's size is not the signed one", ASK_PEER_ZH, ASK_PEER_EN
    ),
    "P-root": Code(
        "日志段与对方签名的日志头不符",
        "messages do not add up to the signed root",
        "不要使用；请两边技术人员通电话",
        "do not use it; phone the partner",
    ),
    "P-returned": Code(
        "对方归还的不是本节点签过的内容",
        "what the partner returned to us is not what we had signed",
        ASK_PEER_ZH,
        ASK_PEER_EN,
    ),
    "P-own-retired": Code(
        "对方持有收件节点用旧密钥签过的消息，收件节点自己没有",
        "the partner holds messages under a retired key of the receiving node, which itself has not got them",
        "收件节点换密钥以前放回过旧备份的，由它的经办人用 gongguan recovery begin 取回；"
        "没有放回过的，旧密钥可能被盗：请两边通电话",
        "if an older backup was put back there before the keys were replaced, its officer fetches them: "
        "gongguan recovery begin; else the old key may be stolen: talk by telephone",
    ),
    "P-receipt": Code("回执不成立", "a receipt does not hold", ASK_PEER_ZH, ASK_PEER_EN),
    "P-epoch": Code("日志新时段的开头不对", "an epoch does not begin with epoch.opened", ASK_PEER_ZH, ASK_PEER_EN),
    "P-epoch-heads": Code(
        "对方日志的分支太多",
        "more branches of a log than a partner can have honestly",
        "请两边技术人员通电话",
        "phone the partner",
    ),
    "P-record-full": Code(
        "同一记录的登记次数已到上限",
        "one record holds as many entries of this side as it can",
        "核对是否重复登记",
        "check whether something is entered again and again",
    ),
    "P-subject-side": Code(
        "流动记录编号不是通报方给出的",
        "the pseudonym is not one of the side that gives notice",
        ASK_PEER_ZH,
        ASK_PEER_EN,
    ),
    "P-epoch-parent": Code(
        "日志新时段之前的内容还没收到",
        "an epoch names a parent that is not held",
        "等对方把前面的补发过来",
        "wait until the earlier part arrives",
    ),
    "P-causality": Code(
        "消息声称看到过的内容对不上",
        "what a message says it had seen does not fit",
        "请两边技术人员通电话",
        "phone the partner",
    ),
    "P-id-reused": Code(
        "同一编号出现两份不同的消息",
        "one message id with two contents",
        "两份都已保留，请对方说明",
        "both are kept; ask the partner",
    ),
    "P-id-twice": Code(
        "同一编号的消息出现在对方日志的两个分支里",
        "one message id in two branches of the log",
        "不要使用；请对方技术人员核对其节点",
        "do not use it; ask the partner to have its node looked at",
    ),
    "P-kind-unknown": Code("消息种类不认识", "a kind that is not known here", "请升级本节点软件", "upgrade this node"),
    "P-not-held": Code(
        "对方没有暂存这条消息，不能撤回",
        "the partner does not hold this message, so it cannot be withdrawn",
        "用更正或撤销的办法处理（如撤回赋分、更正记载）",
        "put it right instead: reverse the score, withdraw the entry",
    ),
    "P-held-full": Code(
        "暂存的消息太多",
        "too many messages are held",
        "请对方升级软件或处理已暂存的消息",
        "the partner has to upgrade its software, or release what it holds",
    ),
    "P-kind-not-announced": Code(
        "对方软件还不能处理这种消息",
        "the partner has not announced this kind",
        "等对方节点连上或升级后再试",
        "wait for the partner to connect or upgrade",
    ),
    "P-citation": Code(
        "消息引用了不存在或不该引用的内容",
        "a cited message is not in the author's past, or of a wrong kind",
        ASK_PEER_ZH,
        ASK_PEER_EN,
    ),
    "P-subject-unknown": Code(
        "还没有这名党员的外出通报",
        "no notice of departure for this member yet",
        "先发送（或等待）外出通报",
        "send or await the departure notice first",
    ),
    "P-conflict-choice": Code(
        "所选方案不在候选之中", "the choice is not among the candidates", "从候选中选择", "choose one of the candidates"
    ),
    "P-decision-open": Code(
        "本方还有一个未答复的提议",
        "a proposal of the same side is still unanswered",
        "等对方答复后再提",
        "wait for the answer",
    ),
    "P-decision-taken": Code(
        "这件事双方已经定了", "it is decided already", "查看已生效的结果", "look at the decision in force"
    ),
    "P-decision-unknown": Code("找不到要答复的提议", "no such proposal", "核对提议编号", "check the proposal's id"),
    "P-decision-own": Code(
        "不能答复自己一方的提议", "a side cannot answer its own proposal", "等对方答复", "wait for the partner"
    ),
    "P-decision-answered": Code(
        "这个提议已经答复过", "the proposal is answered already", "查看已有的答复", "look at the answer"
    ),
    "P-decision-predecessor": Code(
        "提议没有接在双方最近同意的内容之后",
        "the proposal does not follow what both have signed last",
        "查看现行内容后重新提出",
        "look at what is in force and propose again",
    ),
    "P-decision-repeated": Code(
        "双方以前已经签过同样的内容",
        "both have signed the same content before",
        "改动一处（例如写明重新通过的日期）再提出",
        "change something, for example name the day on which it was agreed again, and propose that",
    ),
    "P-decision-content": Code(
        "答复所指的内容不是对方提出的内容",
        "the answer is about another content than the one proposed",
        "重新查看后再答复：gongguan joint show",
        "look again, then answer: gongguan joint show",
    ),
    "P-decision-turn": Code(
        "先等对方答复本方的提议",
        "the first-named party waits for the answer to its own proposal",
        "等对方答复",
        "wait for the answer",
    ),
    "P-pairing-unknown": Code("没有这个结对", "no such pairing", "先完成结对", "pair first"),
    "P-pairing-not-active": Code(
        "结对没有处于生效状态",
        "the pairing is not active",
        "查看 gongguan peer list 中的原因",
        "look at gongguan peer list for the reason",
    ),
    "P-cut-ahead": Code(
        "对方还没有收到对账所涉的全部消息",
        "messages up to the cut are still missing",
        "等消息传完后再对账",
        "wait until everything has arrived",
    ),
    "P-statement": Code(
        "对账声明与本机记录不符，没有签名",
        "the statement is not what this node holds",
        "重新对账，再用 verify 检查本机",
        "reconcile again and run verify",
    ),
}
