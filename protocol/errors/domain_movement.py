"""``D-``: departures, notices, admissions, certificates, returns, inflows and probation."""

from typing import Final

from gongguan.protocol.errors.code import Code

MOVEMENT: Final[dict[str, Code]] = {
    "D-not-destination": Code(
        "这名党员不由本方管理，反馈由流入地作出",
        "the feedback is given by the destination side",
        "请对方反馈",
        "ask the partner",
    ),
    "D-notice-id-number": Code(
        "通知正文里有身份号码",
        "the text holds an ID number",
        "删去号码；涉及个人的用 --subject 指明",
        "remove it; name the member by --subject",
    ),
    "D-subject-other-peer": Code(
        "这名党员不在与该节点的协议之下",
        "the member is not under the agreement with that partner",
        "去掉 --peer 或核对编号",
        "leave out --peer, or check the id",
    ),
    "D-probation-not-asked": Code(
        "流出地还没有征求意见",
        "the origin has not asked for an opinion yet",
        "等对方的征求意见函；急需的可以打电话请对方发来",
        "wait for its request, or phone the origin",
    ),
    "D-probation-meeting": Code(
        "没有登记讨论转正的党员大会",
        "no branch meeting is on record",
        "先登记：gongguan probation meeting；或填写 --meeting-on 和 --resolution-number",
        "record it: gongguan probation meeting; or give --meeting-on and --resolution-number",
    ),
    "D-place-same": Code(
        "该党员就在这个结对方，不用转接",
        "the member is with this partner already",
        "核对要转往的结对方",
        "check which partner is meant",
    ),
    "D-place-conflict": Code(
        "双方报的地点不一致，不能转接",
        "the two sides name different places",
        "先商定地点：gongguan conflict list",
        "settle it first: gongguan conflict list",
    ),
    "D-inflow-unknown": Code(
        "没有这个编号的来人，或编号开头不止一人",
        "nobody goes by this number, or several do",
        "用 gongguan inflow list 查看编号",
        "see gongguan inflow list",
    ),
    "D-inflow-answered": Code(
        "这名来人已问过或已答复",
        "this person was asked about or answered for already",
        "用 gongguan inflow list --answered 查看",
        "see gongguan inflow list --answered",
    ),
    "D-inflow-noticed": Code(
        "这名来人的外出通报已经收到，不用再问",
        "a notice about this person is here already",
        "直接核实身份并编入：gongguan admission list",
        "check the identity and admit: gongguan admission list",
    ),
    "D-inflow-no-key": Code(
        "与该结对方还没有核对身份用的密钥",
        "there is no match key with this partner yet",
        "等协议签署后的第一次交换完成",
        "wait for the first exchange after the agreement was signed",
    ),
    "D-inflow-no-member": Code(
        "名册里没有这个身份号码的党员",
        "no member here has this ID number",
        "确非本方党员的用 gongguan inflow deny 答复；名册缺人的先补录",
        "answer with gongguan inflow deny, or complete the roster first",
    ),
    "D-inflow-is-ours": Code(
        "名册里有这个身份号码的党员，不能答复查无此人",
        "a member here has this ID number",
        "认领：gongguan inflow match；组织关系不在的选相应理由",
        "claim with gongguan inflow match, or choose the reason that is true",
    ),
    "D-period-elsewhere": Code(
        "该党员在另一个流入地的流动记录还没有结束",
        "a period of this member with another partner goes on",
        "转往新流入地的用 gongguan movement retarget；确在两地流动的带 --beside",
        "retarget a member who moved on: gongguan movement retarget; one who is in two places: --beside",
    ),
    "D-return-unmatched": Code(
        "还有对不上的记载，没有结束",
        "some entries do not match; the period was not closed",
        "逐条看过后处理，或带 --unmatched-seen 再办理",
        "look at each of them, then settle them or repeat with --unmatched-seen",
    ),
    "D-part-reason": Code(
        "有异议的须选一条理由，确认的不填理由",
        "a dispute needs a reason, a confirmation has none",
        "改正后重新提交",
        "correct and send again",
    ),
    "D-certificate-taken": Code(
        "这个活动证号已发给别人", "this certificate number is taken", "核对编号", "check the number"
    ),
    "D-certificate-held": Code(
        "该党员已有活动证",
        "the member holds a certificate",
        "用 gongguan certificate list 查看；证号登记错了，先 gongguan certificate void 收回，再重新登记",
        "see gongguan certificate list; a wrong number is voided first: gongguan certificate void",
    ),
    "D-certificate-unknown": Code(
        "登记簿里没有这个证号",
        "the register has no such number",
        "查看：gongguan certificate list；名册带来的证号先补登记：gongguan certificate issue",
        "see gongguan certificate list; a number from a roster is registered first: gongguan certificate issue",
    ),
    "D-certificate-void": Code(
        "这个证已报失或已收回",
        "this certificate was reported lost or withdrawn",
        "另发新证：gongguan certificate issue",
        "issue another: gongguan certificate issue",
    ),
    "D-not-notified": Code(
        "该党员还没有通报给流入地，双方还没有共同的证件记录",
        "the member was not notified to a destination: there is no certificate that both hold",
        "先通报：gongguan departure notify",
        "notify first: gongguan departure notify",
    ),
    "D-certificate-missing": Code(
        "该党员还没有活动证",
        "the member has no certificate",
        "先发证：gongguan certificate issue",
        "issue one: gongguan certificate issue",
    ),
    "D-departure-missing": Code(
        "没有外出报告，名册里也没有流出日期",
        "no departure report, and no date in the outflow roster",
        "先登记外出报告：gongguan departure report",
        "record the report: gongguan departure report",
    ),
    "D-departure-old": Code(
        "上一次流动结束后还没有新的外出报告",
        "no departure report since the last period ended",
        "先登记外出报告：gongguan departure report",
        "record the report: gongguan departure report",
    ),
    "D-place-missing": Code(
        "没有流入地的区划代码",
        "the destination's division code is missing",
        "登记外出报告（gongguan departure report），或用 --place 写明六位代码",
        "record it by gongguan departure report, or give it by --place",
    ),
    "D-place-elsewhere": Code(
        "流入地不在这个结对单位的地区",
        "the destination lies outside this partner's region",
        "确属该单位接收的，用 gongguan departure notify 单独通报",
        "if this partner is right all the same, use gongguan departure notify",
    ),
    "D-period-open": Code(
        "与该单位已有未结束的流动记录",
        "a mobility period with this partner is open",
        "用 gongguan movement list 查看；已返回的先办 gongguan movement return",
        "see gongguan movement list; record a return first",
    ),
    "D-not-origin": Code(
        "本方是流入地，此事由流出地办理",
        "this is for the origin to do",
        "请联系流出地办理",
        "ask the origin",
    ),
    "D-movement-state": Code(
        "流动记录目前的状态不能这样办理",
        "not possible in the present state of the period",
        "用 gongguan movement show 查看状态",
        "see gongguan movement show",
    ),
    "D-managing-body": Code(
        "只能编入党支部、党小组或流动党员党组织",
        "the managing body must be a branch or below",
        "用 gongguan body list 选一个支部",
        "choose a branch: gongguan body list",
    ),
}
