"""DUTIES: what the two policy texts ask for, and who answers for it under an agreement (A-01).

Where a text names one committee, that one is responsible. What it asks of both is led by the side that the agreement
gives the group of duties to. An agreement may give a single duty to the other side by its own lead, named ``a_18``,
except where affiliation or place decide (``fixed``). Neither clock nor state is looked at, so that both nodes name the
same side from the same version::

    responsible(terms, "A-18")    ->  Responsible("origin", "text")

Titles stand in signed texts: rows may be added, a title is never altered.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from gongguan.protocol.errors import refuse

if TYPE_CHECKING:  # with it come notes and keys, which whoever names a duty does not need
    from gongguan.protocol.terms import Terms

Answerable = Literal["origin", "destination", "department"]
"""A side of one member's movement, or the organisation departments above both."""


class Duty(NamedTuple):
    """A row: title, the group of duties by which an agreement says who leads, and the side that the text names."""

    title: str
    group: str
    side: Answerable | None = None
    fixed: bool = False


class Responsible(NamedTuple):
    """Who answers for a duty, and why: ``agreed`` singly, named by the ``text``, or leading the ``group``."""

    side: Answerable
    because: Literal["agreed", "text", "group"]


def responsible(terms: "Terms", code: str) -> Responsible:
    """Who answers for a duty by these terms. Raises D-duty-unknown, G-no-lead."""
    duty = DUTIES.get(code)
    if duty is None:
        raise refuse("D-duty-unknown", duty=code)
    leads = {lead.duty: lead.side for lead in terms.leads}
    single = leads.get(lead_name(code))
    if single is not None and not duty.fixed:
        return Responsible(single, "agreed")
    if duty.side is not None:
        return Responsible(duty.side, "text")
    if duty.group not in leads:
        raise refuse("G-no-lead", duty=duty.group)
    return Responsible(leads[duty.group], "group")


def lead_name(code: str) -> str:
    """How a single duty is called among the leads of an agreement: ``A-18`` is ``a_18``."""
    return code.lower().replace("-", "_")


DUTIES: Final[Mapping[str, Duty]] = {
    "A-01": Duty("双向共管责任", "agreement"),
    "A-02": Duty("始终有人管", "movement"),
    "A-03": Duty("动态管理、历史可查", "movement"),
    "A-04": Duty("经常性教育", "organisational_life"),
    "A-05": Duty("掌握外出情况、主动沟通", "movement", "origin"),
    "A-06": Duty("每年排查（基层党委）", "movement", "origin"),
    "A-07": Duty("更新流动党员资料", "movement", "origin"),
    "A-08": Duty("主动提供流动党员情况", "movement", "origin"),
    "A-09": Duty("签署共管协议", "agreement"),
    "A-10": Duty("定期联系通报", "contact", "origin"),
    "A-11": Duty("建立流动党员党组织", "movement", "origin"),
    "A-12": Duty("更新流出名册", "movement", "origin"),
    "A-13": Duty("支部提供情况、通报", "contact", "origin"),
    "A-14": Duty("行前教育", "organisational_life", "origin"),
    "A-15": Duty("登记发放《活动证》", "movement", "origin", fixed=True),
    "A-16": Duty("督促报到", "contact", "origin"),
    "A-17": Duty("督促参加组织生活", "organisational_life", "origin"),
    "A-18": Duty("每季度联系一次", "contact", "origin"),
    "A-19": Duty("了解思想就业生活", "contact", "origin"),
    "A-20": Duty("通报重要事项", "organisational_life", "origin"),
    "A-21": Duty("通知参加选举", "organisational_life", "origin", fixed=True),
    "A-22": Duty("返回后查验《活动证》", "movement", "origin"),
    "A-23": Duty("了解外出期间表现", "organisational_life", "origin"),
    "A-24": Duty("预备党员外出表现", "organisational_life", "origin"),
    "A-25": Duty("征求流入地支部意见", "movement", "origin"),
    "A-26": Duty("预备党员转正", "movement", "origin", fixed=True),
    "A-27": Duty("及时纳入管理", "movement", "destination"),
    "A-28": Duty("专人接收", "movement", "destination"),
    "A-29": Duty("查验《活动证》", "movement", "destination"),
    "A-30": Duty("编入一个组织", "movement", "destination", fixed=True),
    "A-31": Duty("管理台账", "movement", "destination"),
    "A-32": Duty("纳入教育管理整体", "organisational_life", "destination"),
    "A-33": Duty("主动提供流入情况", "contact", "destination"),
    "A-34": Duty("流入地签协议、通报", "agreement"),
    "A-35": Duty("支持流动党员党组织", "movement", "destination"),
    "A-36": Duty("权益、就业、困难服务", "contact", "destination"),
    "A-37": Duty("表彰帮扶名额", "contact", "destination"),
    "A-38": Duty("邀请代表参加活动", "organisational_life", "destination"),
    "A-39": Duty("公开联系方式", "contact", "destination"),
    "A-40": Duty("亮明身份、自报", "contact", "destination"),
    "A-41": Duty("核实后编入支部小组", "movement", "destination"),
    "A-42": Duty("流入名册", "movement", "destination"),
    "A-43": Duty("定期反馈表现", "contact", "destination"),
    "A-44": Duty("通知并参加组织生活", "organisational_life", "destination"),
    "A-45": Duty("即时记入《活动证》", "organisational_life", "destination"),
    "A-46": Duty("关爱、帮助解决困难", "contact", "destination"),
    "A-47": Duty("预备党员教育管理", "organisational_life", "destination"),
    "A-48": Duty("地点变动通报", "movement", "destination"),
    "A-49": Duty("重大情况通报", "contact", "destination"),
    "A-50": Duty("转正书面意见", "movement", "destination", fixed=True),
    "A-51": Duty("每年排查（组织部门）", "movement", "department"),
    "A-52": Duty("掌握数量分布", "movement", "department"),
    "A-53": Duty("研判分析、措施", "contact", "department"),
    "A-54": Duty("两地组织部门协作", "agreement", "department"),
    "A-55": Duty("重点领域和群体", "contact", "department"),
    "A-56": Duty("双向共管责任落实", "contact", "department"),
    "A-57": Duty("协调解决重要问题", "contact", "department"),
    "A-58": Duty("工作保障", "contact", "department"),
    "A-59": Duty("流向集中地协商", "agreement"),
    "A-60": Duty("协议三部分内容", "agreement"),
    "A-61": Duty("签订协议、防篡改", "agreement"),
    "A-62": Duty("定期会商", "agreement"),
    "A-63": Duty("支部结对共建", "organisational_life"),
    "A-64": Duty("共建活动互动", "organisational_life"),
    "A-65": Duty("定期互通四项信息", "contact"),
    "A-66": Duty("各环节有效衔接", "reconciliation"),
    "A-67": Duty("联系渠道", "contact"),
    "A-68": Duty("述职评议考核", "contact", "department"),
    "A-69": Duty("加强工作指导", "contact", "department"),
    "A-70": Duty("发现解决新问题", "contact"),
    "A-71": Duty("督促检查", "contact", "department"),
    "A-72": Duty("不得拒收、拒收处理", "movement", "department"),
    "A-73": Duty("推诿扯皮追责", "contact", "department"),
    "A-74": Duty("典型宣传", "contact"),
    "B-01": Duty("简易实用", "movement"),
    "B-02": Duty("流动党员责任清单", "movement", "origin"),
    "B-03": Duty("基层党组织责任清单", "movement"),
    "B-04": Duty("去向明、状况清、信息准", "movement"),
    "B-05": Duty("流动党员党组织责任清单", "movement", "destination"),
    "B-06": Duty("部门责任清单", "movement", "department"),
    "B-07": Duty("纳入党建责任制", "movement", "department"),
    "B-08": Duty("加强对接联系", "contact"),
    "B-09": Duty("一对一联系责任人", "contact"),
    "B-10": Duty("掌握思想动态", "contact"),
    "B-11": Duty("向支委会汇报", "contact"),
    "B-12": Duty("季度联系", "contact"),
    "B-13": Duty("地点变更联系", "contact"),
    "B-14": Duty("政治生日联系", "contact"),
    "B-15": Duty("逢年过节联系", "contact"),
    "B-16": Duty("上门家访", "contact", "origin"),
    "B-17": Duty("遇困探访", "contact"),
    "B-18": Duty("解决实际问题", "contact"),
    "B-19": Duty("座谈、建言献策", "contact"),
    "B-20": Duty("志愿服务引导", "organisational_life"),
    "B-21": Duty("线上推送学习", "organisational_life", "origin"),
    "B-22": Duty("联系群目录", "contact", "origin"),
    "B-23": Duty("送学上门", "organisational_life", "origin"),
    "B-24": Duty("委托集体学习", "organisational_life", "origin"),
    "B-25": Duty("学习覆盖", "organisational_life"),
    "B-26": Duty("推介家乡、引进资源", "organisational_life"),
    "B-27": Duty("流入地组织生活", "organisational_life", "destination"),
    "B-28": Duty("线上线下结合", "organisational_life"),
    "B-29": Duty("双服务", "contact"),
    "B-30": Duty("服务事项清单", "contact"),
    "B-31": Duty("双认领", "organisational_life"),
    "B-32": Duty("三类积分", "scores"),
    "B-33": Duty("双方共同赋分", "scores"),
    "B-34": Duty("外出前报告得分", "scores", "origin"),
    "B-35": Duty("流入地报到得分", "scores", "destination"),
    "B-36": Duty("交纳党费得分", "dues"),
    "B-37": Duty("组织生活得分", "scores"),
    "B-38": Duty("定期汇报得分", "scores", "origin"),
    "B-39": Duty("活动积分", "scores"),
    "B-40": Duty("扣分：不当言论", "scores"),
    "B-41": Duty("扣分：信访规定", "scores"),
    "B-42": Duty("扣分：失信", "scores"),
    "B-43": Duty("年度积分总榜", "scores", "origin"),
    "B-44": Duty("张榜公布", "scores", "origin"),
    "B-45": Duty("评优推荐", "scores"),
    "B-46": Duty("提醒谈话", "scores", "origin"),
    "B-47": Duty("结对帮带", "scores"),
    "B-48": Duty("作为民主评议依据", "scores"),
    "B-49": Duty("流入地参加评议", "scores"),
    "B-50": Duty("评议前核定积分", "scores"),
    "B-51": Duty("确定评议结果", "scores"),
    "B-52": Duty("通报评议结果", "scores", "destination"),
    "B-53": Duty("优秀：褒奖", "scores"),
    "B-54": Duty("合格：反馈", "scores"),
    "B-55": Duty("基本合格：改进", "scores"),
    "B-56": Duty("不合格：教育转化", "scores", "origin", fixed=True),
}

LEAD_TITLES: Final[dict[str, str]] = {lead_name(code): f"{code}　{duty.title}" for code, duty in DUTIES.items()}
"""Single duties as an agreement lists them."""

FIXED: Final = frozenset(lead_name(code) for code, duty in DUTIES.items() if duty.fixed or duty.side == "department")
"""What no agreement can give to another: affiliation, place or the department above decide."""
