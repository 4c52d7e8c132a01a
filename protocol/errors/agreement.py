"""``G-``: the agreement does not allow it, or cannot be signed as it stands."""

from typing import Final

from gongguan.protocol.errors.code import Code

AGREEMENT: Final[dict[str, Code]] = {
    "G-prose": Code(
        "协议文字与其中的数据不一致，不予受理",
        "the prose of the agreement is not that of its data",
        "请对方用系统重新生成协议文本，不要手工改字",
        "ask the partner to generate the text again, not to edit it",
    ),
    "G-template": Code(
        "协议使用了本节点没有的文本模板",
        "the agreement uses a template unknown here",
        "升级本节点，或请对方改用现有模板",
        "upgrade this node, or ask for a known template",
    ),
    "G-terms": Code(
        "协议条款自相矛盾", "the terms contradict themselves", "改正所指条款后再提出", "correct the terms named"
    ),
    "G-incomplete": Code(
        "协议内容不全，不能签署",
        "the agreement is incomplete and cannot be signed",
        "补齐所缺内容（职责任务、目标任务方法、保障措施、接收专人等）",
        "complete the parts that are named",
    ),
    "G-kind-unknown": Code(
        "协议列有本节点不能处理的消息种类",
        "the agreement lists kinds that this node cannot apply",
        "升级本节点后再签署",
        "upgrade this node before signing",
    ),
    "G-kind-not-allowed": Code(
        "协议没有约定这类消息",
        "the agreement does not allow this kind of message",
        "需要时由两边签订补充协议",
        "amend the agreement if it is needed",
    ),
    "G-direction": Code(
        "按协议这类消息应由另一方发出",
        "the agreement gives this kind to the other side",
        "请另一方办理",
        "ask the other side to send it",
    ),
    "G-outside-term": Code(
        "业务日期不在协议有效期内",
        "a business date outside the term of the agreement",
        "核对日期；确属期外的，先续签协议",
        "check the date, or renew the agreement first",
    ),
    "G-rule-unknown": Code(
        "协议的积分规则里没有这一条", "no such scoring rule", "按协议所附规则填写", "use a rule of the agreement"
    ),
    "G-rule-disabled": Code(
        "这条积分规则没有启用", "the scoring rule is not enabled", "换用已启用的规则", "use an enabled rule"
    ),
    "G-rule-deduction": Code(
        "扣分不能通过赋分办理",
        "a deduction cannot be made as a contribution",
        "扣分须按反向扣分程序办理",
        "deductions have a procedure of their own",
    ),
    "G-rule-side": Code(
        "按规则这项积分应由另一方赋分",
        "the rule gives these points to the other side",
        "请另一方赋分",
        "ask the other side",
    ),
    "G-rule-points": Code(
        "分值超出规则规定的范围",
        "points outside the range of the rule",
        "按规则的分值填写",
        "stay within the rule's range",
    ),
    "G-no-lead": Code(
        "协议没有约定这项职责由哪方主办",
        "the agreement names no leading side for this duty",
        "由两边签订补充协议写明",
        "amend the agreement",
    ),
    "G-none-cited": Code("消息没有引用协议", "no agreement is cited", "先签署共管协议", "sign an agreement first"),
    "G-not-in-force": Code(
        "所引用的协议没有生效", "the agreement cited is not in force", "先由双方签署协议", "have both sides sign first"
    ),
    "G-superseded": Code(
        "所引用的协议已有新版本", "the agreement cited was replaced", "按新版本办理", "use the version in force"
    ),
    "G-ended": Code("协议已经终止", "the agreement has ended", "续签协议后再办理", "renew the agreement"),
    "G-suspended": Code(
        "协议正在中止执行",
        "the agreement is suspended",
        "等双方同意恢复执行后再办理；更正、撤回和冲突处理仍可办理",
        "wait until both sides lift the suspension; corrections, withdrawals and conflicts can still be dealt with",
    ),
    "G-retention": Code(
        "协议约定的最短保存期未满，双方都不得删除",
        "the agreement's minimum retention is not over",
        "到期后再办；期限见协议“保存期限”",
        "wait until it is; the agreement says how long",
    ),
    "G-erasure-side": Code(
        "只有流出地可以提出删除",
        "only the origin has a member erased",
        "请流出地办理：gongguan erasure request",
        "ask the origin: gongguan erasure request",
    ),
    "G-expired": Code("协议已过有效期", "the agreement's term is over", "续签协议后再办理", "renew the agreement"),
    "G-predecessor": Code(
        "协议修订没有接在现行版本之后",
        "the proposal does not follow the version in force",
        "在现行版本上重新起草",
        "draft again from the version in force",
    ),
    "G-parties": Code(
        "协议双方与结对双方不符", "the parties are not those of the pairing", "核对协议双方", "check the parties"
    ),
    "G-unsigned": Code(
        "同意协议必须同时签名并登记批准信息", "an acceptance without signature or approval", "重新签署", "sign again"
    ),
    "G-not-accepted": Code(
        "这一方没有节点，还没有登记其同意往来",
        "this partner has no node, and that it agreed to work with us was not entered yet",
        "对方来电或来函同意后登记：gongguan agreement on-paper",
        "enter it once they agreed: gongguan agreement on-paper",
    ),
    "G-other-version": Code(
        "要签署的文本与您看到的不是同一个版本",
        "the text is not the version that was seen",
        "重新查看协议（gongguan agreement show），核对版本摘要后再签",
        "show the agreement again and compare the version before signing",
    ),
}
