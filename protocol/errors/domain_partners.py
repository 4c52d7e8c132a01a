"""``D-``: pairings, partners with and without a node, agreements and what else both sides sign."""

from typing import Final

from gongguan.protocol.errors.code import Code

PARTNERS: Final[dict[str, Code]] = {
    "D-recovering": Code(
        "正在从备份恢复，对方手里的消息还没有全部取回",
        "recovering from a backup: what the partner holds has not all come back yet",
        "等连上对方后自动完成；进度见 gongguan recovery show",
        "it ends by itself once the partner was reached; see gongguan recovery show",
    ),
    "D-fingerprint": Code(
        "核对码有几组对不上",
        "some groups of the fingerprint differ",
        "请对方把这几组再念一遍；仍不一致就不要确认，名片可能被换过",
        "have these groups read again; if they still differ, do not confirm",
    ),
    "D-fingerprint-digits": Code(
        "核对码应是 40 位数字，分八组，每组五位",
        "a fingerprint has 40 digits in eight groups of five",
        "补齐或删去多输的数字",
        "type all 40 digits",
    ),
    "D-pairing-state": Code(
        "结对现在的状态不能这样办理",
        "the pairing is not in a state for this",
        "先查看结对进度：gongguan peer list",
        "look at the pairing first: gongguan peer list",
    ),
    "D-pairing-unknown": Code(
        "没有与这个节点的结对手续",
        "no pairing with this node is under way",
        "先邀请对方，或导入对方的邀请文件",
        "invite the node, or import its invitation",
    ),
    "D-pairing-expired": Code("结对手续已超过时限", "the pairing took too long", "重新邀请", "invite again"),
    "D-pairing-under-way": Code(
        "与这个节点的另一次结对正在办理",
        "another pairing with this node is under way",
        "先取消其中一次",
        "cancel one of the two",
    ),
    "D-card-unchanged": Code(
        "新名片与现在的没有不同",
        "nothing on the card would change",
        "先改 gongguan.toml 里的 title、endpoints 或 relays，再运行一次",
        "change title, endpoints or relays in gongguan.toml first, then run it again",
    ),
    "D-pairing-open": Code(
        "有结对正在办理，其记录用的是现在的密钥",
        "a pairing is under way, and its record names the present keys",
        "先办完，或用 gongguan peer cancel 取消，以后再邀请",
        "finish it, or cancel it by gongguan peer cancel and invite again later",
    ),
    "D-pairing-not-ended": Code(
        "要接替的结对还没有终止",
        "the pairing to be followed has not been ended",
        "先 gongguan peer revoke 终止它",
        "end it first by gongguan peer revoke",
    ),
    "D-paired-already": Code(
        "已经与这个节点结对",
        "already paired with this node",
        "不用再办；要重新结对先终止原来的",
        "end the old one first",
    ),
    "D-pairing-not-named": Code(
        "与这个节点、同样的名片和经办人曾经结对，已经终止",
        "a pairing with this node by the same cards and officers was ended",
        "邀请时注明所接替的结对：gongguan peer invite --replaces 编号",
        "name the one that is followed: gongguan peer invite --replaces ID",
    ),
    "D-pairing-with-self": Code(
        "这是本节点自己的名片",
        "this is the card of this node itself",
        "请导入对方发来的文件",
        "import the partner's file",
    ),
    "D-not-held": Code(
        "没有这样一条暂存的消息",
        "no such message is held",
        "查看暂存的消息：gongguan quarantine list",
        "see what is held: gongguan quarantine list",
    ),
    "D-peer-unknown": Code(
        "找不到这个结对节点", "no such active partner", "查看：gongguan peer list", "see gongguan peer list"
    ),
    "D-peer-not-paired": Code(
        "与这个节点的结对还没有完成",
        "the pairing with this partner is not complete",
        "双方都核对签署、交换结对文件以后再试：gongguan peer file 编号 导出文件，gongguan peer list 看进展",
        "both confirm and hand over their files first: gongguan peer file ID, gongguan peer list",
    ),
    "D-peer-ambiguous": Code(
        "结对节点不止一个，没有指明哪一个",
        "more than one partner fits",
        "用 --peer 指明，编号见 gongguan peer list",
        "name it by --peer",
    ),
    "D-needs-signatures": Code(
        "对方没有节点，这一事项须双方节点签署或由对方节点答复，不能用公函代替",
        "this takes the signatures or the software of two nodes; the partner has none",
        "请对方安装节点后结对办理；现在只能用公函说明，另行存档",
        "do it once the partner has a node; until then by a letter that you file yourselves",
    ),
    "D-nothing-signed": Code(
        "对方没有节点：这些记载都由我方登记，没有任何签名，不能出具证明",
        "the partner has no node: all of it was written here and nothing is signed, so nothing can be proved",
        "用对方来函原件作凭证；对方安装节点后可请其逐条确认：gongguan peer link",
        "keep their letters; once they have a node it can confirm: gongguan peer link",
    ),
    "D-no-fork": Code(
        "与这一方没有两份记录的证据",
        "there is no evidence of two histories with this partner",
        "看冻结了哪些结对：gongguan peer list；证据只在发现的一方",
        "see which pairings are frozen: gongguan peer list; the evidence is with the side that found it",
    ),
    "D-peer-on-paper": Code(
        "这一方没有节点，只能公函往来，不能办理这一项",
        "this partner has no node: that cannot be done by letter",
        "公函往来的事项见 gongguan letter list；对方安装节点后结对办理",
        "see gongguan letter list; pair once they have a node",
    ),
    "D-peer-signs": Code(
        "这一方有自己的节点，答复由对方节点签名送来，不能代录",
        "this partner has a node and speaks for itself: nothing is entered for it",
        "请对方在其节点上办理",
        "ask them to do it at their node",
    ),
    "D-peer-has-node": Code(
        "没有写明对方没有节点",
        "it was not said that the partner has no node",
        "对方没有节点的加 --without-node；有节点的用 gongguan peer invite 结对",
        "add --without-node; else pair by gongguan peer invite",
    ),
    "D-peer-named": Code(
        "已经登记过这个名称的对方",
        "a partner of that title is there already",
        "用 gongguan peer list 查看其编号",
        "see gongguan peer list",
    ),
    "D-peer-in-use": Code(
        "还有党员流动在这一方，或有其党员住在本方，不能停用",
        "members are still there, or its members here: it cannot be taken out",
        "先结束这些流动记录：gongguan movement return；只是名称、区划写错的，用 gongguan peer amend 更正",
        "end those stays first: gongguan movement return; if only title or division are wrong: gongguan peer amend",
    ),
    "D-partners-max": Code(
        "没有节点的对方登记得太多",
        "too many partners without a node",
        "核对是否重复登记：gongguan peer list",
        "look for doubles in gongguan peer list",
    ),
    "D-acceptance": Code(
        "没有写明对方哪位同志在哪一天答复同意往来",
        "it was not said who there agreed, and when",
        "补上 --agreed-by 和 --agreed-on；来函的再写 --reference 文号",
        "give --agreed-by and --agreed-on, and --reference for a letter",
    ),
    "D-word": Code(
        "代录对方答复，须写明怎样收到、对方经办人，来函的写文号",
        "how it came and their clerk are missing, or the number of their letter",
        "加 --heard 电话或来函、--their-clerk 姓名，来函再加 --their-number 文号",
        "give --heard, --their-clerk, and --their-number for a letter",
    ),
    "D-link-paper": Code(
        "没有这个公函往来的对方，或已经由节点接替",
        "no such partner without a node, or its node goes on for it already",
        "用 gongguan peer list 查看其编号（paper 开头）",
        "see gongguan peer list: its id begins with paper",
    ),
    "D-link-region": Code(
        "这个节点的地区与原公函往来的对方不同，党员资料会发给它",
        "this node's region is not that of the partner without a node, and it would be told of its members",
        "核对节点编号；确是同一单位的，加 --same-committee",
        "check the node id; if it is the same committee all the same, add --same-committee",
    ),
    "D-link-title": Code(
        "这个节点的名称与原公函往来的对方不同，党员资料会发给它",
        "this node's title is not that of the partner without a node, and it would be told of its members",
        "核对节点编号；确是同一单位的，加 --same-committee",
        "check the node id; if it is the same committee all the same, add --same-committee",
    ),
    "D-statement-unknown": Code(
        "没有等本方核对的这一条",
        "no such statement waits for our word",
        "用 gongguan letter offered 查看核对编号",
        "see gongguan letter offered",
    ),
    "D-letter-nothing": Code(
        "没有还没写进公函的日常记载",
        "nothing was entered that stands in no letter yet",
        "不用写函；已发的见 gongguan letter list",
        "no letter is needed; see gongguan letter list",
    ),
    "D-entry-used": Code(
        "这份来函通报已经答复，不能再撤回",
        "this notice was answered: it cannot be taken back",
        "接收有误的另函说明，并办理更正：gongguan admission give 或 gongguan admission refuse",
        "write to them, and correct the answer: gongguan admission give or gongguan admission refuse",
    ),
    "D-letter-unknown": Code(
        "我方没有发过这个函号的公函给这一方",
        "no letter of ours to this partner has that code",
        "核对函号：gongguan letter list；回执表的函号不要改动",
        "check it: gongguan letter list",
    ),
    "D-letter-lost": Code(
        "这封公函写在放回的备份之后，本机已没有它的内容",
        "this letter was written after the backup that was put back; what it said is not here any more",
        "照纸面重新办理（如 gongguan departure notify），再把答复按来函登记：--heard letter，不写函号",
        "do again what it said (such as gongguan departure notify), then enter the answer by --heard letter, no code",
    ),
    "D-letter-person": Code(
        "那封公函没有提到这名党员",
        "that letter is not about this member",
        "核对函号和人员：gongguan letter list；不要把别人的行粘贴到这一行",
        "check code and member: gongguan letter list",
    ),
    "D-reply-altered": Code(
        "锁定的格子（活动证号、外出日期）被改动过",
        "a locked cell was altered",
        "用 gongguan letter print 函号 重新取表，把答复照填过去；资料确有出入的另函商量",
        "take a fresh sheet by gongguan letter print CODE; write about what differs in a letter",
    ),
    "D-answer-incomplete": Code(
        "答复没有写全",
        "the answer is not complete",
        "补上缺的几项：接收的写党组织、到达日期、联系责任人和电话，不予接收的写理由",
        "give what is missing",
    ),
    "D-answer-not-open": Code(
        "这名党员现在没有等对方答复的这一项",
        "nothing of that kind is open for this member",
        "核对流动记录：gongguan movement show",
        "see gongguan movement show",
    ),
    "D-answer-differs": Code(
        "同一事项已经代录过不同的答复",
        "another answer to the same was entered before",
        "核对 gongguan letter entered；登错的先撤回：gongguan letter withdraw 代录编号",
        "see gongguan letter entered; take back the wrong one by gongguan letter withdraw ENTRY",
    ),
    "D-answer-count": Code(
        "次数要写成整数", "a count is a whole number", "改成 0 到 10000 的整数；不清楚的留空", "0 to 10000, or empty"
    ),
    "D-answer-quarter": Code("季度写得不对", "no quarter", "写成 2026Q1", "write 2026Q1"),
    "D-answer-place": Code(
        "区划代码要写六位数字", "a division is six digits", "写县级区划代码，如 990107", "such as 990107"
    ),
    "D-case-empty": Code(
        "双方还没有为这名党员写过任何消息",
        "neither side has written anything about this member",
        "核对流动记录编号：用 gongguan movement list 查看",
        "check the id: see gongguan movement list",
    ),
    "D-message-unknown": Code("找不到这条消息", "no such message", "核对消息编号", "check the message's id"),
    "D-suspension-unknown": Code(
        "没有这项中止，或编号开头不止一项",
        "no such suspension, or several begin so",
        "用 gongguan agreement suspensions 查看编号",
        "see gongguan agreement suspensions",
    ),
    "D-agreement-in-force": Code(
        "与对方已有生效的协议",
        "an agreement is in force with this partner",
        "修改或续签请用 gongguan agreement amend",
        "use gongguan agreement amend to change or renew it",
    ),
    "D-agreement-unknown": Code(
        "找不到这份协议",
        "no such draft, proposal or version",
        "用 gongguan agreement list 查看编号",
        "see gongguan agreement list",
    ),
    "D-agreement-ambiguous": Code(
        "这个编号开头对应不止一份协议", "more than one begins so", "把编号写全", "write the id in full"
    ),
    "D-agreement-elsewhere": Code(
        "这份文本一字不差地在另一次结对中提出过",
        "this very text was proposed under another pairing",
        "改一处再提出，例如起始日期",
        "change something first, for example the first day",
    ),
    "D-draft-proposed": Code(
        "这份草稿已经提出过", "this draft was proposed already", "要改请另起一份草稿", "prepare another draft"
    ),
    "D-agreement-none-waits": Code(
        "没有等待本方签署的协议",
        "no proposal waits for us",
        "用 gongguan agreement list 查看；本方提出的由对方签署",
        "see gongguan agreement list; what we proposed is for the partner to sign",
    ),
    "D-agreement-several-wait": Code(
        "等待签署的协议不止一份",
        "more than one proposal waits",
        "用 --proposal 指明（gongguan agreement list 查看编号）",
        "name it by --proposal (see gongguan agreement list)",
    ),
    "D-officer": Code(
        "接收专人要写成“姓名 电话”",
        "write an officer as name and phone",
        "例如：李明 0571-12345678",
        "e.g. 李明 0571-12345678",
    ),
    "D-duty-list": Code(
        "责任清单文件有一处不对",
        "the file of duty lists is not right in one place",
        "按 at 所指的行核对：代码不重复、职责编号和工作类别要是现有的",
        "see the line that at names: codes once each, duties and kinds of work that exist",
    ),
    "D-lead": Code(
        "主办方要写成“事项=流出地”或“事项=流入地”",
        "write a lead as duty=origin or duty=destination",
        "例如：dues=destination；事项见协议“主办与配合”一条",
        "e.g. dues=destination; the duties stand in the article on leads",
    ),
    "D-lead-fixed": Code(
        "这项职责由组织关系、所在地或上级部门决定，不能另行约定",
        "affiliation, place or the department above decide who answers for this duty",
        "去掉这一项",
        "leave this one out",
    ),
    "D-meeting-agenda": Code(
        "没有议题，也没有召集过这次会商",
        "no agenda, and this meeting was not called",
        "写明议题：--agenda",
        "give the agenda: --agenda",
    ),
    "D-date-past": Code("日期已过", "the date has passed", "填写今后的日期", "give a date to come"),
    "D-term": Code("截止日期早于起始日期", "the term ends before it begins", "核对日期", "check the dates"),
    "D-partnership-unknown": Code(
        "没有这个编号的、双方已签署且仍有效的结对",
        "no such partnership that both have signed and that has not ended",
        "查看：gongguan partnership list",
        "see gongguan partnership list",
    ),
    "D-joint-none-waits": Code(
        "对方没有这样一项待本方答复的提议",
        "no such proposal of the partner waits for our answer",
        "查看：gongguan joint list",
        "see gongguan joint list",
    ),
    "D-joint-unknown": Code(
        "没有这项共同事项", "no such joint matter", "查看：gongguan joint list", "see gongguan joint list"
    ),
    "D-joint-ambiguous": Code("有几项以此开头", "several begin like this", "多写几位编号", "write more of the id"),
    "D-office-telephone": Code(
        "不是固定电话或服务号码；公开的名片上不得用个人手机",
        "not a fixed line or service number: a personal mobile has no place on a public card",
        "填写如 0475-8200000、12371 的号码",
        "give a number like 0475-8200000 or 12371",
    ),
    "D-receiver-same": Code(
        "接收专人和替补人员不能是同一人",
        "the receiving officer and the deputy are the same person",
        "另指定替补人员",
        "name another deputy",
    ),
    "D-agreement-first": Code(
        "这是双方的第一份文本，没有可比较的前一版",
        "this is the first text: there is no version before it to compare with",
        "查看全文：gongguan agreement show",
        "see the whole text: gongguan agreement show",
    ),
    "D-duty-unknown": Code(
        "没有这个职责编号",
        "no such duty",
        "编号如 A-18、B-12，见 docs/duties.md",
        "a duty is called like A-18 or B-12: see docs/duties.md",
    ),
    "D-rule-pack": Code(
        "积分规则文件看不懂",
        "not a rule pack",
        "按示例规则的 JSON 格式填写",
        "write it as JSON like the example pack",
    ),
    "D-verify-changed": Code(
        "不符的记录数与确认的不一样了",
        "the count is not the one that was confirmed",
        "再运行一次 gongguan verify run，按新的条数确认",
        "run verify again and confirm its count",
    ),
    "D-agreement-not-in-force": Code(
        "这个版本的协议现在没有生效",
        "this version is not in force",
        "用 gongguan agreement show 查看现行版本摘要",
        "see gongguan agreement show",
    ),
}
