"""Code lists of rosters: the stable English code on our side, what offices write on theirs.

``LISTS[name]`` maps each code to its labels; the first is the one that we print, the others are read too and listed
as a change. Labels are those of the national collection form and of outflow rosters in use::

    LISTS["member_category"]["full_member"]  ->  ("正式党员", "正式")
"""

import re
import unicodedata
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.sync.cells import Cell, Parsed, Parser, joined, text_of

LISTS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "altered": {"altered": ("被改动",), "missing": ("缺失",), "extra": ("多出",)},
    "compared": {"values": ("逐条取值",), "digests": ("保存的摘要",)},
    "reconciled": {"equal": ("一致",), "different": ("不一致",)},
    "purpose": {
        "daily_work": ("日常管理服务",),
        "contact": ("联系走访",),
        "verification": ("核实情况",),
        "inspection": ("督促检查",),
        "member_request": ("应本人要求",),
        "handover": ("工作交接",),
    },
    "person_need": {
        "anyone": ("本方党员和流入的",),
        "member": ("党员",),
        "movement": ("流动记录",),
        "charge": ("流动党员",),
        "period": ("流动记录（含已结束的）",),
    },
    "person_lacks": {"departure": ("没有登记外出",), "notice": ("还没有通报流入地",)},
    "author": {"own": ("本节点",), "partner": ("对方节点",)},
    "sex": {"male": ("男", "男性"), "female": ("女", "女性")},
    "upward_matter": {
        "relocation": ("地点变动",),
        "event": ("重大情况",),
        "refusal": ("不予接收",),
        "organisation": ("成立流动党员党组织",),
    },
    "upward_state": {
        "open": ("还没有报告",),
        "made": ("报告已做，没有报送",),
        "sent": ("已报送",),
        "received": ("上级已收文",),
    },
    "report_channel": {
        "letter": ("书面",),
        "in_person": ("当面",),
        "network": ("内部网络",),
        "telephone": ("电话",),
    },
    "arrangement": {"free": ("放假", "休息", "休"), "worked": ("上班", "补班", "调休上班", "班")},
    "body_category": {
        "basic_committee": ("党委", "基层党委", "党的基层委员会", "旗委", "县委", "市委", "区委"),
        "general_branch": ("党总支", "总支", "党总支部", "党的总支部委员会"),
        "branch": ("党支部", "支部", "联合党支部", "党的支部委员会"),
        "party_group": ("党小组", "小组"),
        "floating_members_organisation": ("流动党员党组织", "流动党员党支部", "流动党员党总支", "流动党员党委"),
    },
    "member_category": {
        "full_member": ("正式党员", "正式"),
        "probationary_member": ("预备党员", "预备"),
    },
    "affiliation_status": {
        "normal": ("正常",),
        "retained": ("保留党籍",),
        "restored": ("恢复党籍",),
        "suspended": ("停止党籍",),
        "expelled": ("开除党籍",),
    },
    "education": {
        "doctorate": ("博士研究生", "博士"),
        "master": ("硕士研究生", "硕士"),
        "postgraduate": ("研究生", "研究生教育"),
        "undergraduate": ("大学本科", "本科", "大学"),
        "junior_college": ("大学专科", "大专", "专科"),
        "technical_secondary": ("中等专科", "中专", "中等职业教育"),
        "technical_school": ("技工学校", "技校"),
        "senior_high": ("普通高中", "高中"),
        "junior_high": ("初中", "初级中学"),
        "primary": ("小学",),
        "other": ("其他",),
    },
    "outflow_direction": {
        "government_office": ("机关", "党政机关"),
        "public_institution": ("事业单位",),
        "talent_service_centre": ("人才(劳动)服务中心", "人才服务中心", "劳动服务中心", "人才劳动服务中心"),
        "hong_kong_macao_taiwan_enterprise": ("港澳台商投资企业",),
        "foreign_enterprise_public_control": ("外商投资企业(公有控制)", "外商投资企业(公有控股)"),
        "foreign_enterprise_other_control": ("外商投资企业(非公有控制)", "外商投资企业(非公有控股)"),
        "private_non_enterprise_unit": ("民办非企业单位", "民办非企业"),
        "private_enterprise": ("私营企业", "民营企业"),
        "individual_business": ("个体工商户", "个体"),
        "urban_community": ("城市社区",),
        "town_community": ("乡镇社区",),
        "village": ("建制村", "行政村"),
        "other": ("其他",),
        "unknown": ("不掌握流向", "不掌握"),
    },
    "mobility_scope": {
        "within_city": ("市内", "市内跨县"),
        "cross_city": ("省内跨市", "省(区)内跨市", "区内跨盟市", "省内跨市(地)"),
        "cross_province": ("跨省", "跨省(区、市)", "省外"),
        "abroad": ("出国(境)", "国(境)外", "境外"),
    },
    "former_occupation": {
        "public_unit_staff": ("公有单位管理和技术人员", "公有制单位管理人员、专业技术人员"),
        "skilled_worker": ("工勤技能人员", "工人"),
        "farmer_herder": ("农牧渔民", "农民", "牧民", "农牧民"),
        "unemployed_graduate": ("未就业大中专毕业生", "未就业毕业生"),
        "intermediary_staff": ("中介组织从业人员", "律师、会计师等中介组织从业人员"),
        "other": ("其他",),
    },
    "outflow_reason": {
        "work": ("外出务工经商", "务工经商", "务工", "经商", "外出务工", "外出经商"),
        "study": ("外出求学", "外出学习", "求学", "学习"),
        "residence": ("居住地改变", "随子女居住", "随迁居住"),
        "job_change": ("工作单位改变", "工作调动"),
        "graduation": ("毕业后未落实单位", "毕业后去向不明"),
        "restructuring": ("单位改制或破产",),
        "abroad": ("出国(境)",),
        "other": ("其他",),
    },
    "contact_state": {
        "in_contact": ("正常联系", "保持联系", "联系正常", "正常"),
        "irregular": ("联系不经常", "偶有联系"),
        "lost_contact": ("失联", "失去联系", "失去联系6个月以上"),
    },
    "outflow_status": {
        "away": ("流出", "在外", "流出中"),
        "returned": ("已返回", "返回", "回流"),
        "ended": ("已终止", "终止"),
    },
    "side": {
        "origin": ("流出地",),
        "destination": ("流入地",),
        "both": ("双方一致",),
        "none": ("无",),
        "entered": ("对方（我方代录，未签名）",),
        "both_entered": ("本方，及我方代录的对方（未签名）",),
    },
    "activity": {
        "regular_meeting": ("支部党员大会",),
        "theme_day": ("主题党日",),
        "party_lecture": ("党课",),
        "study": ("学习教育",),
        "volunteering": ("志愿服务",),
        "other": ("其他活动",),
    },
    "attendance": {
        "confirmed": ("已参加",),
        "confirmed_absent": ("经确认未参加",),
        "conflict": ("双方记载不一致",),
        "unknown": ("未知",),
    },
    "source": {
        "signed": ("对方节点签名",),
        "own": ("本方",),
        "entered": ("我方代录，对方未签名",),
        "entered_there": ("对方代录本方的话，本方未确认",),
    },
    "heard": {"telephone": ("电话",), "letter": ("来函",)},
    "paper_how": {"telephone": ("电话",), "letter": ("来函",), "sheet": ("回执表",)},
    "admission_answer": {"admitted": ("接收", "已接收", "同意接收"), "refused": ("不予接收", "不接收")},
    "contact_told": {
        "quarterly": ("季度定期联系", "季度联系", "季度"),
        "relocation": ("地点变更联系", "地点变更"),
        "political_birthday": ("政治生日联系", "政治生日"),
        "festival": ("逢年过节联系", "逢年过节"),
    },
    "answer_kind": {
        "admission": ("接收答复", "接收"),
        "feedback": ("季度反馈",),
        "summary": ("表现总结",),
        "life": ("组织生活",),
        "dues": ("党费",),
        "contact": ("联系情况",),
        "relocation": ("地点变动",),
        "notice": ("来函通报",),
        "opinion": ("转正意见",),
    },
    "statement_state": {
        "offered": ("待对方核对",),
        "confirmed": ("双方一致",),
        "disputed": ("有异议",),
        "void": ("经双方协商不算",),
    },
    "letter_study_answer": {"accept": ("同意",), "decline": ("不能承办",)},
    "letter_state": {
        "open": ("等对方答复",),
        "partly": ("部分已答复",),
        "answered": ("已答复",),
        "no_answer_needed": ("不需答复",),
    },
    "yes_no": {"yes": ("是",), "no": ("否",)},
    "contact_reached": {
        "yes": ("是", "已联系", "已联系上", "联系上", "联系上了", "联系到了", "打通了"),
        "no": ("否", "未联系上", "没联系上", "没有联系上", "联系不上", "没打通", "打不通", "未接"),
    },
    "attendance_entered": {
        "confirmed": ("已参加", "参加", "到", "已到", "到会", "出席", "参会", "√", "✓", "✔", "☑", "1", "是"),
        "confirmed_absent": ("经确认未参加", "确认未参加", "未参加", "没参加", "没有参加", "未到", "缺席", "否", "×"),
    },
    "absence_reason": {
        "work": ("因工作", "工作", "加班", "出差"),
        "illness": ("因病", "生病", "病假", "住院"),
        "family": ("家中有事",),
        "travel": ("在途",),
        "infirm": ("年老体弱",),
        "none_given": ("本人未说明原因",),
    },
    "entry_kind": {"life": ("组织生活",), "dues": ("党费",), "annual_check": ("年审",)},
    "dues_state": {
        "paid": ("已交纳",),
        "relieved": ("经批准减免",),
        "confirmed_unpaid": ("经确认未交",),
        "unknown": ("未知",),
    },
    "dues_payer": {
        "wage": ("在职人员",),
        "retired": ("离退休人员",),
        "farmer": ("农民",),
        "student": ("学生",),
        "laid_off": ("下岗失业人员",),
        "relief": ("领取抚恤救济人员",),
    },
    "unpaid_reason": {
        "not_reached": ("联系不上",),
        "no_income": ("没有收入",),
        "abroad": ("在国(境)外",),
        "refused": ("本人不交",),
        "none_given": ("本人未说明原因",),
    },
    "dues_finding": {"confirmed_unpaid": ("经确认未交满六个月",), "to_look_into": ("有未知月份，须先了解",)},
    "fact_status": {
        "single": ("单方记载",),
        "agreed": ("双方一致",),
        "entered": ("双方记载相同，对方的由我方代录，未签名",),
        "conflict": ("不一致(暂按主责方)",),
        "resolved": ("双方商定",),
        "none_counts": ("双方商定不计",),
        "withdrawn": ("已撤回",),
    },
    "correction": {
        "entered_in_error": ("误记",),
        "wrong_member": ("记错了人",),
        "wrong_value": ("内容有误",),
        "not_confirmed": ("未经核实",),
    },
    "contact_kind": {
        "quarterly": ("季度定期联系", "季度联系", "季度"),
        "relocation": ("地点变更联系", "地点变更"),
        "political_birthday": ("政治生日联系", "政治生日"),
        "festival": ("逢年过节联系", "逢年过节"),
        "home_visit": ("支部上门家访", "上门家访", "家访"),
        "hardship_visit": ("遇困遇难探访", "遇困探访", "探访"),
    },
    "contact_channel": {
        "in_person": ("当面", "见面", "面谈", "面对面", "上门"),
        "phone": ("电话", "打电话", "通话", "手机"),
        "wechat": ("微信",),
        "qq": ("QQ",),
        "app": ("手机应用", "APP", "易信"),
        "letter": ("书信",),
        "other": ("其他",),
    },
    "help_category": {
        "employment": ("就业",),
        "medical": ("就医",),
        "schooling": ("子女入学",),
        "housing": ("住房",),
        "legal_aid": ("法律援助", "法律"),
        "social_security": ("社保",),
        "other": ("其他",),
    },
    "help_status": {
        "open": ("待办理",),
        "in_progress": ("办理中",),
        "solved": ("已解决",),
        "not_solved": ("未能解决",),
        "withdrawn": ("已撤回",),
    },
    "activity_mode": {"in_person": ("现场",), "online": ("线上",)},
    "activity_theme": {
        "living_environment": ("人居环境整治",),
        "legal_publicity": ("法治宣传",),
        "grassroots_governance": ("基层治理",),
        "hometown_liaison": ("推介家乡、引进资源",),
        "other": ("其他",),
    },
    "invitation_reply": {"will_come": ("能参加",), "cannot_come": ("不能参加",)},
    "material": {
        "study_material": ("学习资料",),
        "benefit_policy": ("惠民政策",),
        "job_guide": ("就业指南",),
        "health_handbook": ("健康手册",),
        "other": ("其他",),
    },
    "learning_form": {"push": ("线上推送",), "material": ("送学上门",)},
    "learning_reach": {
        "sent": ("已发送未确认",),
        "confirmed": ("已送达",),
        "not_reached": ("未送达",),
        "unknown": ("未知",),
    },
    "coverage_state": {"reached": ("已覆盖",), "not_reached": ("未覆盖",), "unknown": ("未知",)},
    "delegation_answer": {"accept": ("承办",), "decline": ("不能承办",)},
    "decline_reason": {
        "no_date": ("时间排不开",),
        "no_place": ("没有场地",),
        "no_teacher": ("没有师资",),
        "no_members_here": ("没有需要参加的党员",),
        "other": ("其他",),
    },
    "delegation_state": {
        "asked": ("待答复",),
        "accepted": ("已承办",),
        "declined": ("不能承办",),
        "done": ("已举办",),
        "overdue": ("逾期",),
        "unknown": ("未知(到期后未收到对方消息)",),
    },
    "need_state": {
        "made": ("已完成",),
        "not_yet": ("未到时候",),
        "due": ("应办",),
        "overdue": ("逾期",),
        "missed": ("已过期未做",),
        "away_no_more": ("已不在外",),
    },
    "conduct_given": {
        "good": ("表现好", "好", "良好", "优秀"),
        "normal": ("表现正常", "正常", "一般"),
        "needs_help": ("需要帮助",),
        "not_known": ("不掌握", "不清楚", "不了解", "未掌握"),
    },
    "conduct": {
        "good": ("表现好",),
        "normal": ("表现正常",),
        "needs_help": ("需要帮助",),
        "not_known": ("不掌握",),
        "unknown": ("未知",),
    },
    "feedback_state": {
        "received": ("已反馈",),
        "not_yet": ("未到期",),
        "due": ("应反馈",),
        "overdue": ("逾期",),
        "unknown": ("未知(到期后未收到对方消息)",),
    },
    "awarded_by": {"origin": ("流出地",), "destination": ("流入地",), "either": ("任何一方",)},
    "score_category": {"base": ("基础积分",), "activity": ("活动积分",), "deduction": ("反向扣分",)},
    "record_category": {
        "score": ("积分",),
        "life": ("组织生活",),
        "dues": ("党费",),
        "contact": ("联系",),
        "annual_check": ("年审",),
        "register": ("地点或联系状态",),
        "paper": ("代录核对",),
        "late": ("对方终止或中止以前未知",),
    },
    "crossing_matter": {
        "admission": ("在两地同时被接收",),
        "attendance": ("同一天在两地参加活动",),
        "dues": ("同一月在两地交纳党费",),
        "appraisal": ("在两地被评议",),
    },
    "crossing_other": {"another_destination": ("另一流入地",)},
    "crossing_state": {"open": ("未解决",), "settled": ("已解决",)},
    "part_answer": {"signed": ("确认",), "disputed": ("有异议",)},
    "part_reason": {
        "not_the_same_person": ("不是同一人",),
        "was_here": ("本人确在本地",),
        "entry_corrected": ("本方记载已更正",),
    },
    "conflict_state": {"open": ("未处理",), "proposed": ("已提出办法待答复",), "closed": ("已处理",)},
    "proposal_state": {"open": ("待答复",), "accept": ("已同意",), "decline": ("不同意",)},
    "topic": {
        "admission": ("纳入管理情况",),
        "organisational_life": ("参加组织生活情况",),
        "conduct": ("重大现实表现",),
        "conversion": ("预备党员转正",),
        "important_matter": ("重要事项",),
        "contact_card": ("联系方式",),
        "other": ("其他",),
    },
    "direction": {"sent": ("发出",), "received": ("收到",)},
    "receipt_state": {
        "receipted": ("对方已签收",),
        "waiting": ("等待对方签收",),
        "ours": ("本方已收",),
        "by_letter": ("公函，无电子签收",),
    },
    "movement_state": {
        "notified": ("已通报，待接收",),
        "admitted": ("已接收",),
        "refused": ("不予接收",),
        "ended": ("已结束",),
    },
    "presence": {"in_contact": ("能联系上",), "lost": ("失去联系",)},
    "major_event": {
        "death": ("去世",),
        "serious_illness": ("重病",),
        "accident": ("事故",),
        "disaster": ("受灾",),
        "detention": ("被采取强制措施",),
        "commendation": ("受表彰",),
        "other": ("其他",),
    },
    "inflow_state": {
        "open": ("已登记，未询问",),
        "asked": ("已询问，待答复",),
        "matched": ("已认领",),
        "denied": ("不是该方党员",),
    },
    "inflow_denial": {
        "no_such_member": ("查无此人",),
        "affiliation_elsewhere": ("组织关系在别处",),
        "no_longer_a_member": ("已不是党员",),
    },
    "quality": {"whereabouts": ("去向明",), "status": ("状况清",), "information": ("信息准",)},
    "notice_lack": {
        "waiting": ("已通报，对方尚未签收",),
        "by_letter": ("已用公函通报，没有电子签收",),
        "not_told": ("去向已知，尚未通报",),
        "refused": ("对方不予接收",),
    },
    "gap": {
        "unanswered": ("通报后还没有答复",),
        "refused": ("流入地不予接收",),
        "moved_out": ("已离开流入地区域",),
        "suspended": ("协议中止执行",),
        "agreement_over": ("协议已终止或到期",),
        "late_admission": ("接收与中止、终止交错",),
        "no_body": ("编入的党组织已不存在",),
        "unnotified": ("已外出，没有通报任何流入地",),
    },
    "admission_case": {"refused": ("不予接收",), "unanswered": ("逾期未答复",)},
    "remind_channel": {
        "telephone": ("电话",),
        "message": ("短信微信",),
        "visit": ("上门",),
        "family": ("通过家属",),
        "letter": ("书信",),
    },
    "remind_outcome": {
        "reached": ("已联系上",),
        "not_reached": ("没有联系上",),
        "will_report": ("答应报到",),
        "has_reported": ("称已报到",),
    },
    "identity_check": {
        "id_number": ("公民身份号码相符",),
        "certificate": ("活动证号相符",),
        "inflow": ("流出地已认领",),
        "override": ("未核实，由本人负责编入",),
    },
    "refusal_reason": {
        "not_a_member": ("不是党员",),
        "identity_mismatch": ("身份信息不符",),
        "certificate_invalid": ("《活动证》无效",),
        "never_arrived": ("本人未到",),
        "lives_elsewhere": ("在别处工作生活",),
        "already_admitted_elsewhere": ("已被别处接收",),
    },
    "return_reason": {
        "returned": ("返回",),
        "moved_on": ("转往别处",),
        "affiliation_transferred": ("转移组织关系",),
        "died": ("去世",),
    },
    "suspension_reason": {
        "terms_disputed": ("对协议条款有争议",),
        "system_fault": ("系统故障",),
        "security": ("信息安全",),
        "reorganisation": ("机构调整",),
        "other": ("其他",),
    },
    "suspension_state": {
        "standing": ("中止中",),
        "proposed_here": ("本方已提出恢复，待对方答复",),
        "proposed_there": ("对方提出恢复，待本方答复",),
        "lifted": ("已恢复",),
    },
    "regularity": {"regular": ("经常",), "irregular": ("不经常",), "none": ("没有",), "not_known": ("不掌握",)},
    "probation_opinion": {
        "on_time": ("同意按期转正",),
        "extend": ("建议延长预备期",),
        "not": ("不同意转正",),
    },
    "probation_decision": {
        "on_time": ("按期转正",),
        "extended": ("延长预备期",),
        "cancelled": ("取消预备党员资格",),
    },
    "probation_reason": {
        "fulfils_duties": ("认真履行党员义务",),
        "takes_part_actively": ("积极参加组织生活",),
        "has_made_progress": ("有明显进步",),
        "needs_longer_observation": ("需要继续考察教育",),
        "irregular_attendance": ("参加组织生活不经常",),
        "dues_unpaid": ("未按时交纳党费",),
        "duties_not_fulfilled": ("不履行党员义务",),
        "discipline_under_review": ("有关问题正在审查",),
        "not_in_contact": ("联系不上",),
        "stay_too_short": ("在本地时间太短",),
    },
    "probation_state": {
        "not_yet": ("未到征求意见时间",),
        "to_be_asked": ("待征求意见",),
        "ask_overdue": ("应征求意见，已过期",),
        "asked": ("已征求，待答复",),
        "answered": ("已答复",),
        "converted": ("已转正",),
        "cancelled": ("已取消资格",),
        "away_ended": ("流动已结束",),
    },
    "no_opinion": {
        "no_organisation_there": ("当地没有党组织管理",),
        "no_answer_in_time": ("逾期未答复",),
        "period_ended": ("流动已经结束",),
        "never_admitted_there": ("没有编入当地党组织",),
    },
    "late_reason": {
        "under_investigation": ("有关问题正在审查",),
        "committee_changed": ("党委换届或调整",),
        "other": ("其他",),
    },
    "erasure_basis": {
        "retention_expired": ("保存期已满",),
        "purpose_fulfilled": ("目的已经实现",),
        "member_request": ("本人要求",),
        "entered_in_error": ("登记有误",),
    },
    "erasure_state": {"due": ("正在删除",), "done": ("已删除",)},
    "attachment_state": {
        "named": ("待索取",),
        "wanted": ("正在接收",),
        "whole": ("已有全文",),
        "refused": ("收到的内容不对，已停止索取",),
    },
    "media_type": {"application/pdf": ("PDF",), "image/jpeg": ("JPEG 图片",), "image/png": ("PNG 图片",)},
    "agreement_state": {
        "draft": ("草稿",),
        "proposed": ("已提出，待签署",),
        "in_force": ("生效",),
        "expired": ("已过有效期",),
        "ended": ("已终止",),
        "suspended": ("中止执行",),
        "superseded": ("已被后来的代替",),
        "crossed": ("双方各签了一份，均不生效，须重新提出",),
        "declined": ("未获同意",),
    },
    "bulletin_state": {
        "given": ("已通报",),
        "not_yet": ("未到期",),
        "due": ("应通报",),
        "overdue": ("逾期未通报",),
        "unknown": ("未知(到期后未收到对方消息)",),
    },
    "matter_category": {
        "important_matter": ("重要事项",),
        "election": ("党内选举",),
        "activity": ("重要活动",),
    },
    "matter_outcome": {
        "informed": ("已告知",),
        "not_reached": ("未联系上",),
        "unknown": ("不掌握",),
    },
    "matter_reply": {"will_attend": ("参加",), "cannot_attend": ("不能参加",)},
    "certificate_state": {
        "in_use": ("使用中",),
        "lost": ("已报失", "遗失", "丢失", "报失"),
        "withdrawn": ("已收回", "收回"),
    },
    "check_method": {"token": ("二维码签名",), "query": ("联网查询",), "none": ("无法查验",)},
    "check_status": {
        "valid": ("有效",),
        "forged": ("伪造或冒用",),
        "unknown": ("查无此证",),
        "expired": ("已失效",),
        "unverified": ("未查实",),
    },
    "check_holder": {"matches": ("与发证登记一致",), "not_compared": ("未核对",)},
    "annual_outcome": {"passed": ("合格",), "to_follow_up": ("需跟进",)},
    "certificate_column": {
        "certificate_number": ("证号",),
        "name": ("姓名",),
        "sex": ("性别",),
        "birth_year": ("出生年",),
        "category": ("党员类别",),
        "joined_on": ("入党时间",),
        "affiliated_branch": ("组织关系所在党支部",),
        "issued_by": ("发证单位",),
        "issued_on": ("发证日期",),
        "valid_until": ("有效至",),
        "reason": ("外出原因",),
        "left_on": ("外出时间",),
        "state": ("状态",),
        "managing_body": ("流入地编入的党组织",),
        "arrived_on": ("到达日期",),
        "contact_officer": ("流入地联系责任人",),
        "contact_phone": ("联系电话",),
    },
    "joint_kind": {
        "minutes": ("会商纪要",),
        "partnership": ("结对共建",),
        "joint_activity": ("共建活动",),
    },
    "joint_activity_kind": {
        "regular_meeting": ("支部党员大会",),
        "theme_day": ("主题党日",),
        "party_lecture": ("党课",),
        "study": ("学习教育",),
        "volunteering": ("志愿服务",),
        "liaison": ("推介家乡、引进资源",),
        "other": ("其他活动",),
    },
    "joint_state": {
        "proposed": ("已提出，待签署",),
        "signed": ("双方已签署",),
        "declined": ("未获同意",),
        "replaced": ("已被后来的代替",),
        "crossed": ("双方各签了一份，均不生效，须重新提出",),
        "ended": ("已终止",),
    },
    "clause_change": {"removed": ("删去",), "added": ("增加",)},
    "answerable": {"origin": ("流出地",), "destination": ("流入地",), "department": ("党委组织部门",)},
    "duty_stage": {
        "before": ("外出前",),
        "after": ("外出后",),
        "changed": ("重要事项发生变化时",),
        "origin": ("流出地党组织",),
        "destination": ("流入地党组织",),
        "floating_organisation": ("流动党员党组织",),
    },
    "duty_state": {
        "at_home": ("未外出",),
        "reported": ("已报告，待外出",),
        "left": ("已外出，未通报",),
        "notified": ("已通报，待接收",),
        "refused": ("不予接收",),
        "admitted": ("已接收",),
        "returned": ("已返回，待查验《活动证》",),
        "ended": ("流动已结束，未返回",),
    },
    "duty_agreed": {"same": ("协议所列即本清单",), "other": ("协议所列是另一份",), "none": ("协议没有列明",)},
    "duty_because": {
        "agreed": ("协议单独约定",),
        "text": ("政策原文指定",),
        "group": ("协议约定该组职责的主办方",),
    },
    "candidate_state": {
        "in_force": ("已签协议",),
        "paired": ("已结对，未签协议",),
        "none": ("尚未结对",),
    },
    "pairing_state": {
        "card_received": ("待双方核对",),
        "confirmed_here": ("本方已核对，待对方",),
        "confirmed_there": ("对方已核对，待本方",),
        "active": ("已结对",),
        "paper": ("无节点，公函往来",),
        "linked": ("原公函往来，已由节点接替",),
        "dropped": ("无节点，已停用",),
        "removed": ("已取消登记",),
        "frozen": ("已冻结",),
        "stopped": ("已停止往来",),
        "ended": ("已终止",),
        "cancelled": ("已取消",),
        "expired": ("已过期",),
    },
    "proposer": {"here": ("本方",), "there": ("对方",)},
    "file_outcome": {
        "new": ("新内容",),
        "known": ("已经收到过",),
        "ahead": ("要等前面的文件",),
        "elsewhere": ("不是给本节点的",),
        "damaged": ("损坏",),
        "accept": ("结对邀请，须由人接收",),
        "quota": ("超过存储上限，暂不接收",),
        "refused": ("被拒绝",),
        "foreign": ("不是共管文件",),
    },
    "file_kind": {"bundle": ("数据包",), "pairing": ("结对文件",)},
}

_PEOPLES = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳
佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米
塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""
PEOPLES: Final = frozenset(_PEOPLES.split())
"""The 56 of GB/T 3304, without the closing 族."""

_BARE = re.compile(r"[\s()（）、，,:：*＊]+")


def label(name: str, code: str) -> str:
    """What we print for a code."""
    return LISTS[name][code][0]


def choices(name: str) -> tuple[str, ...]:
    """The labels that a person may choose from."""
    return tuple(labels[0] for labels in LISTS[name].values())


def one_of(name: str) -> Parser:
    """A parser for the list: gives the code; raises D-code-unknown."""
    known = {_bare(text): (code, labels[0]) for code, labels in LISTS[name].items() for text in labels}

    def parse(cell: Cell, synthetic: bool = False) -> Parsed[object]:
        text, change = text_of(cell)
        if _bare(text) not in known:
            raise refuse("D-code-unknown")
        code, shown = known[_bare(text)]
        same = unicodedata.normalize("NFKC", text) == unicodedata.normalize("NFKC", shown)
        return Parsed(code, joined(change, None if same else f"读作“{shown}”"))

    return parse


def parse_ethnic_group(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """One of the 56 with its closing 族; raises D-code-unknown."""
    text, change = text_of(cell)
    people = text.removesuffix("族").replace(" ", "")
    if people not in PEOPLES:
        raise refuse("D-code-unknown")
    return Parsed(f"{people}族", joined(change, None if text == f"{people}族" else f"读作“{people}族”"))


def _bare(text: str) -> str:
    return _BARE.sub("", unicodedata.normalize("NFKC", text))
