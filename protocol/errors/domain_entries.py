"""``D-``: contacts, activities, study, dues, care, scores, conflicts, bulletins, matters, reports and files."""

from typing import Final

from gongguan.protocol.errors.code import Code

ENTRIES: Final[dict[str, Code]] = {
    "D-event-several": Code(
        "这一天安排了几次同类活动",
        "several activities of this kind are planned on that day",
        "用 --event 写明是哪一次，编号见 gongguan activity list",
        "say which one with --event; see gongguan activity list",
    ),
    "D-report-empty": Code(
        "没有还没有报告的事项",
        "nothing is left to report",
        "重印以前的：gongguan superior report --number 报告号",
        "to print an earlier one: gongguan superior report --number NUMBER",
    ),
    "D-report": Code(
        "没有这份报告",
        "no such report",
        "用 gongguan superior list --all 查看报告号",
        "see gongguan superior list --all",
    ),
    "D-report-sent": Code(
        "这份报告已登记报送", "it is recorded as sent already", "不用再办；重印不影响登记", "nothing is left to do"
    ),
    "D-report-unsent": Code(
        "这份报告还没有登记报送",
        "it is not recorded as sent",
        "先登记：gongguan superior sent 报告号 --on 日期 --channel 方式",
        "first: gongguan superior sent NUMBER --on DAY --channel HOW",
    ),
    "D-contact-side": Code(
        "上门家访由流出地办理",
        "the home visit is the origin's",
        "换一个联系类别，或请流出地办理",
        "choose another kind, or ask the origin",
    ),
    "D-contact-visit": Code(
        "家访和探访只存本节点，不告知对方",
        "visits stay on this node and are not told to the partner",
        "去掉“告知对方”再登记",
        "record it without telling the partner",
    ),
    "D-contact-about": Code(
        "这名党员没有这次变动或这件诉求",
        "this member has no such relocation or help case",
        "去掉编号，系统会关联最早的一件；或用 gongguan contact list、gongguan care list 核对编号",
        "leave it out to take the oldest; or see gongguan contact list, gongguan care list",
    ),
    "D-contact-unknown": Code(
        "本方没有这次联系",
        "no such contact of this side",
        "用 gongguan contact show 查看编号",
        "see gongguan contact show",
    ),
    "D-activity-unknown": Code(
        "在您办理的范围内没有这次活动",
        "no such activity within your reach",
        "用 gongguan activity list 核对编号",
        "see gongguan activity list",
    ),
    "D-activity-known": Code(
        "这个活动编号已经用过", "this event was planned already", "换一个编号，或不填编号", "choose another, or none"
    ),
    "D-activity-past": Code(
        "活动日期已过，不能再邀请或答复",
        "the activity is over: nobody can be invited or reply any more",
        "登记参加情况：gongguan activity attend",
        "enter who came: gongguan activity attend",
    ),
    "D-activity-theme": Code(
        "只有志愿服务才填服务内容", "only volunteering is for something", "去掉服务内容", "leave it out"
    ),
    "D-activity-uninvited": Code(
        "有人没有被邀请",
        "somebody was not invited",
        "先邀请：gongguan activity invite",
        "invite first: gongguan activity invite",
    ),
    "D-activity-nobody": Code(
        "没有写谁参加了", "nobody is named", "写参加的人，或逐人登记", "name who came, or give rows"
    ),
    "D-learning-unknown": Code(
        "在您办理的范围内没有这次学习",
        "no such item within your reach",
        "用 gongguan education list 核对",
        "see gongguan education list",
    ),
    "D-study-unknown": Code(
        "没有收到过这次委托",
        "no such delegation was received",
        "用 gongguan study list 核对编号",
        "see gongguan study list",
    ),
    "D-study-known": Code(
        "这个活动编号已经委托过", "this event was delegated already", "换一个编号，或不填", "choose another, or none"
    ),
    "D-study-past": Code("最迟日期已过", "the day is over already", "写以后的日期", "give a day to come"),
    "D-study-done": Code("这次委托已经反馈结果", "the result was sent already", "不用再办", "nothing is left to do"),
    "D-study-reason": Code(
        "不能承办必须选原因，承办不选",
        "a reason goes with declining, and only with it",
        "补上或去掉原因",
        "add or drop it",
    ),
    "D-dues-nobody": Code("没有写是谁", "nobody is named", "写党员，或逐人登记", "name members, or give rows"),
    "D-dues-place": Code(
        "这个月不在本地，党费不由本方收",
        "the member did not stay here in that month",
        "请组织关系所在党支部登记",
        "the affiliated branch enters it",
    ),
    "D-dues-differs": Code(
        "这个月已登记，与这次填的金额、收据或减免不同",
        "the month is entered already, with another amount, receipt or relief",
        "已登记的不改；填错了的先冲销：gongguan dues withdraw 姓名 --month 月份 --reason wrong_value，再登记",
        "what is entered is not edited; if it was wrong, reverse it with gongguan dues withdraw, then enter it anew",
    ),
    "D-dues-reason": Code(
        "经确认未交的必须选原因，其他情况不选",
        "a reason goes with confirmed unpaid, and only with it",
        "补上或去掉原因；不掌握的不要登记",
        "add or drop the reason; enter nothing for what is not known",
    ),
    "D-dues-approval": Code(
        "减免党费要写由谁批准", "relief needs an approval", "写批准的会议或文号", "name the decision that approved it"
    ),
    "D-dues-unknown": Code(
        "本方没有登记过这个月",
        "this side entered no such month",
        "用 gongguan dues show 查看",
        "see gongguan dues show",
    ),
    "D-case-unknown": Code(
        "在您办理的范围内没有这件诉求",
        "no such help case within your reach",
        "用 gongguan care list 核对编号",
        "see gongguan care list",
    ),
    "D-case-closed": Code(
        "这件诉求已经办结",
        "the case is closed",
        "还有需要的，另立一件：gongguan care open",
        "open another one: gongguan care open",
    ),
    "D-case-word": Code(
        "办结要写党员本人的话",
        "the outcome needs the member's own word",
        "问本人是否解决，把原话填进去（只存本节点）",
        "ask the member and enter the words; they stay on this node",
    ),
    "D-report-filed": Code(
        "这个季度已经向支委会汇报过", "the quarter was reported already", "不用再办", "nothing is left to do"
    ),
    "D-channel-unknown": Code(
        "在您办理的范围内没有这个渠道",
        "no such channel within your reach",
        "用 gongguan channel list 核对",
        "see gongguan channel list",
    ),
    "D-roundtable-unknown": Code(
        "在您办理的范围内没有这次座谈或建议",
        "no such round-table or suggestion within your reach",
        "用 gongguan roundtable list 核对编号",
        "see gongguan roundtable list",
    ),
    "D-festivals-full": Code(
        "自行增加的节日太多了",
        "too many festivals of your own",
        "把不用的节日改作要联系的节日",
        "change one that is not observed",
    ),
    "D-entry-absence-reason": Code(
        "“经确认未参加”必须写原因，其他情况不写",
        "a reason goes with confirmed absence, and only with it",
        "补上或去掉未参加原因；不掌握的不要登记",
        "add or drop the reason; enter nothing for what is not known",
    ),
    "D-entry-already": Code(
        "本方已经登记过这一项",
        "this side has entered that already",
        "如要更正，先撤回（gongguan entry withdraw）再登记",
        "to correct it, withdraw it first (gongguan entry withdraw)",
    ),
    "D-entry-unknown": Code(
        "本方没有这条记载", "no such entry of this side", "用 gongguan entry list 查看编号", "see gongguan entry list"
    ),
    "D-entry-withdrawn": Code("这条已经撤回", "it is withdrawn already", "不用再办", "nothing is left to do"),
    "D-month-future": Code("这个月还没有到", "the month lies in the future", "到当月再登记", "enter it in that month"),
    "D-quarter-future": Code(
        "这个季度还没有开始", "the quarter has not begun", "核对季度，写成 2026Q3", "check the quarter: 2026Q3"
    ),
    "D-score-already": Code(
        "本方已经为这件事赋过分",
        "this side has scored that event already",
        "如要更正，先撤回（gongguan score reverse）再赋分",
        "to correct it, reverse it first (gongguan score reverse)",
    ),
    "D-score-self": Code(
        "不能给自己赋分",
        "nobody scores for themselves",
        "请另一位同事认定；只是同名的，也请另一位同事办理",
        "let a colleague do it, also where only the name is the same",
    ),
    "D-score-unknown": Code(
        "本方没有这条赋分",
        "no such contribution of this side",
        "用 gongguan score show 查看编号",
        "see gongguan score show",
    ),
    "D-score-year": Code(
        "日期不在这个积分年度里", "the date is not in that scoring year", "核对年度和日期", "check year and date"
    ),
    "D-conflict-unknown": Code(
        "找不到这个冲突", "no such conflict", "用 gongguan conflict list 查看编号", "see gongguan conflict list"
    ),
    "D-conflict-ambiguous": Code(
        "编号开头不止一个冲突符合",
        "more than one conflict begins like that",
        "多写几位编号；几名党员的同一事项都不一致时，加 --subject 流动记录编号",
        "give more digits; where several members have the conflict, add --subject and the member's pseudonym",
    ),
    "D-conflict-closed": Code("这个冲突已经处理完", "the conflict is closed", "不用再办", "nothing is left to do"),
    "D-conflict-candidate": Code(
        "所选的不是这个冲突里的记载",
        "the choice is none of the candidates",
        "用 gongguan conflict show 查看可选的编号，或写 none",
        "see gongguan conflict show, or say none",
    ),
    "D-proposal-none": Code(
        "对方没有待答复的处理办法",
        "no open proposal of the partner",
        "用 gongguan conflict show 查看；也可以自己提出（gongguan conflict propose）",
        "see gongguan conflict show; or propose yourself (gongguan conflict propose)",
    ),
    "D-attachment-unknown": Code(
        "没有消息提到这个附件",
        "no message names this file",
        "核对编号：gongguan attachment list",
        "see gongguan attachment list",
    ),
    "D-attachment-missing": Code(
        "附件还没有全部收到",
        "not all of the file is here",
        "不用处理，随下次交换补齐；对方也没有的，把原文件补进来：gongguan attachment supply 文件",
        "it comes with the next bundles; where the partner has none: gongguan attachment supply FILE",
    ),
    "D-bulletin-topic": Code(
        "四项情况都要写明，没有的写“无”",
        "each of the four topics has to be answered; write “nothing” where there is nothing",
        "补写后重新发送",
        "answer them all and send again",
    ),
    "D-matter-known": Code(
        "这个事项编号已经用过",
        "a matter has this number already",
        "另取一个编号",
        "choose another number",
    ),
    "D-matter-unknown": Code(
        "没有这个事项", "no such matter", "查看：gongguan matter list", "see gongguan matter list"
    ),
    "D-matter-ambiguous": Code(
        "本方和对方都有这个编号的事项",
        "several committees have a matter of this number",
        "用 --peer 写明是哪个单位的",
        "say whose by --peer",
    ),
    "D-matter-notice": Code(
        "通知要早于事项日期；选举至少提前一天",
        "notice comes before the day, of an election at least one day before",
        "核对日期",
        "check the date",
    ),
    "D-matter-reply": Code(
        "是否参加只用于已告知的选举和活动",
        "a reply goes with elections and events that the member was informed of",
        "去掉 --reply",
        "leave out --reply",
    ),
}
