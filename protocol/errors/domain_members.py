"""``D-``: staff, bodies and members: who is meant, names and numbers, identity, erasure."""

from typing import Final

from gongguan.protocol.errors.code import Code

MEMBERS: Final[dict[str, Code]] = {
    "D-name": Code(
        "姓名里有不该有的符号、数字或文字",
        "a name with signs or digits that do not belong there",
        "姓名一格只填姓名，其他说明移到备注",
        "leave only the name; move remarks elsewhere",
    ),
    "D-name-private-character": Code(
        "姓名里有用造字程序造的字，别的电脑上看不到",
        "a privately made character that other computers cannot show",
        "换成国家标准里的生僻字（可用部首输入）",
        "type the standard character",
    ),
    "D-id-number": Code(
        "公民身份号码应是 18 位", "an ID number has 18 characters", "照身份证重新填写", "retype it from the ID card"
    ),
    "D-id-number-old": Code(
        "这是 15 位旧身份号码", "an old 15-digit ID number", "改填现在的 18 位号码", "use the present 18-digit number"
    ),
    "D-id-number-check-digit": Code(
        "身份号码校验位不对，多半有一位写错",
        "the check digit is wrong: probably one digit is mistyped",
        "照身份证逐位核对",
        "compare it with the ID card",
    ),
    "D-id-number-birth-date": Code(
        "身份号码里的出生日期不存在",
        "the birth date inside does not exist",
        "照身份证逐位核对",
        "compare it with the ID card",
    ),
    "D-id-number-division": Code(
        "身份号码开头的地区代码不存在", "no such division", "照身份证逐位核对", "compare it with the ID card"
    ),
    "D-id-number-synthetic": Code(
        "这是演示用的身份号码（99 开头），正式节点不收",
        "an invented ID number (99…), refused outside demonstrations",
        "换成真实名册；演示请用演示节点",
        "use the real roster, or a demonstration node",
    ),
    "D-id-number-real": Code(
        "演示节点不收真实身份号码",
        "a demonstration node takes no real ID numbers",
        "演示只用 99 开头的编造号码；真实名册请导入正式节点",
        "use invented numbers (99…); import real rosters into a real node",
    ),
    "D-phone": Code(
        "电话号码不对，一格只能填一个",
        "not a phone number, or several in one cell",
        "填 11 位手机号，或“区号-号码”",
        "type one mobile number, or area code and number",
    ),
    "D-phone-synthetic": Code(
        "这是演示用的电话（100 开头），正式节点不收",
        "an invented phone number (100…), refused outside demonstrations",
        "换成真实号码",
        "use the real number",
    ),
    "D-phone-real": Code(
        "演示节点不收真实电话",
        "a demonstration node takes no real phone numbers",
        "演示只用 100 开头的 11 位号码",
        "use an invented number (100…)",
    ),
    "D-body-parent-unknown": Code(
        "上级组织在表里找不到",
        "no such parent body",
        "上级填代码、全称或简称，与该组织一致",
        "use the parent's code or name",
    ),
    "D-body-parent-ambiguous": Code(
        "有几个组织叫这个名字，分不清哪个是上级",
        "several bodies have this name",
        "上级改填组织代码",
        "use the parent's code",
    ),
    "D-body-parent-kind": Code(
        "这类组织不能设在这个上级之下",
        "such a body cannot stand under this parent",
        "核对类别和上级",
        "check category and parent",
    ),
    "D-body-parent-cycle": Code(
        "上级关系绕成了圈", "the parents form a circle", "核对各组织的上级", "check the parents"
    ),
    "D-password": Code(
        "密码太简单",
        "the password is too simple",
        "至少 10 个字符、至少 4 种不同字符，不含本人姓名",
        "at least 10 characters, 4 of them different, without the person's name",
    ),
    "D-password-source": Code(
        "没有终端，无法提示输入密码",
        "there is no terminal to type a password at",
        "用 --password-stdin 从标准输入读取，或设置上面列出的环境变量",
        "use --password-stdin or the environment variable that is named",
    ),
    "D-staff-name": Code(
        "人员姓名不合要求",
        "not a usable staff name",
        "1 到 40 个字，不含符号 / 和不可见字符",
        "1 to 40 characters without /",
    ),
    "D-staff-taken": Code(
        "这个姓名已经登记过",
        "a staff member has this name",
        "换一个能区分的姓名，如“王芳（嘎查）”",
        "choose a name that tells them apart",
    ),
    "D-staff-unknown": Code(
        "没有登记这个人员", "no such staff member", "用 gongguan staff list 查看已登记的人员", "see gongguan staff list"
    ),
    "D-staff-last-administrator": Code(
        "这是最后一名系统管理员，不能停用",
        "the last system administrator cannot be disabled",
        "先登记另一名系统管理员",
        "add another system administrator first",
    ),
    "D-staff-first": Code(
        "已经有工作人员，不能再设第一名系统管理员",
        "there are staff already: no first administrator can be made",
        "请现任系统管理员用 gongguan staff add 登记",
        "ask the present system administrator to use gongguan staff add",
    ),
    "D-body-unknown": Code(
        "没有这个组织",
        "no such body",
        "用 gongguan body list 查看代码、全称和简称",
        "see gongguan body list for codes and names",
    ),
    "D-body-ambiguous": Code(
        "有几个组织叫这个名字", "several bodies have this name", "改用组织代码", "use the body's code"
    ),
    "D-body-root": Code(
        "组织树要有且只有一个顶层",
        "the tree needs exactly one top",
        "只有本级党委的“上级”留空，其他组织都填上级",
        "leave the parent empty for the committee only",
    ),
    "D-body-root-differs": Code(
        "顶层组织的代码与本节点登记的不同",
        "the top's code is not that of this node",
        "核对是不是拿错了表；本节点代码见 gongguan body list",
        "check the file; see gongguan body list for this node's code",
    ),
    "D-body-kept": Code(
        "系统里的这个组织不在表里，放在新的组织树里不成立",
        "a body that the sheet leaves out does not fit the new tree",
        "把它也写进表里，并填对类别和上级",
        "put it in the sheet too, with category and parent",
    ),
    "D-member-unknown": Code(
        "没有这名党员", "no such member", "用 gongguan member list 查看编号", "see gongguan member list for the ids"
    ),
    "D-person-unknown": Code(
        "在您办理的范围内没有找到这名党员",
        "no such member within your reach",
        "换姓名里的别的字，或用拼音首字母再找：gongguan person find",
        "try other characters of the name or its pinyin: gongguan person find",
    ),
    "D-due-kind": Code(
        "应办事项里没有这一类",
        "there is no such kind of work",
        "写列出的一类，或其中几个字；不写就是全部：gongguan today",
        "write one of those listed; without it all are shown: gongguan today",
    ),
    "D-person-not-away": Code(
        "名册里有这名党员，但没有登记外出，这件事办不了",
        "this member is on the roster, but no departure is entered",
        "先登记外出：gongguan departure report；再发证、通报流入地",
        "enter the departure first: gongguan departure report; then certificate and notice",
    ),
    "D-person-unnotified": Code(
        "这名党员外出了，但还没有通报流入地，这件事办不了",
        "this member is away, but the destination was not notified yet",
        "先通报：gongguan departure notify（没有证号的先 gongguan certificate issue）",
        "notify first: gongguan departure notify (without a certificate: gongguan certificate issue)",
    ),
    "D-person-ambiguous": Code(
        "有几名党员都符合，不能替您选",
        "several members fit; nobody is chosen for you",
        "写全名，同名的写“姓名@支部名的几个字”，或写编号：gongguan person find",
        "give the whole name, of namesakes name@part of the branch's name, or the id: gongguan person find",
    ),
    "D-officer-in-charge": Code(
        "此人还是流动党员的联系责任人，不能停用",
        "this person still keeps contact with floating members",
        "先移交：gongguan officer hand-over",
        "hand the members over first: gongguan officer hand-over",
    ),
    "D-officer-nobody": Code(
        "此人现在不是任何流动党员的联系责任人",
        "this person keeps contact with nobody now",
        "用 gongguan officer list 核对姓名",
        "check the name: gongguan officer list",
    ),
    "D-officer-same": Code("移交人和接手人是同一个人", "both are one person", "写接手人的姓名", "name who takes over"),
    "D-officer-since": Code(
        "前一名联系责任人的起始日期更晚",
        "the officer before began later",
        "核对日期，不能早于前任的起始日期",
        "check the date: not before the other began",
    ),
    "D-subject-unknown": Code(
        "找不到这个流动记录编号",
        "no such mobility period",
        "用 gongguan movement list 查看编号",
        "see gongguan movement list",
    ),
    "D-message-erased": Code(
        "这条消息的内容双方已经删除，不能再出具证明",
        "both sides have erased this message",
        "删除的依据见 gongguan erasure list",
        "see gongguan erasure list for the basis",
    ),
    "D-erasure-unknown": Code(
        "没有这项删除申请，或已经办结",
        "no such open request",
        "查看：gongguan erasure list",
        "see gongguan erasure list",
    ),
    "D-erasure-requested": Code(
        "这名党员已有待批准的删除申请",
        "erasing this member is requested already",
        "请另一人批准：gongguan erasure approve",
        "another person approves: gongguan erasure approve",
    ),
    "D-second-person": Code(
        "申请人不能自己批准",
        "the person who asked cannot approve",
        "请另一位有权限的人办理",
        "another person has to do it",
    ),
    "D-identity-unverified": Code(
        "还没有核实党员身份，不能编入党支部",
        "the member's identity has not been checked yet",
        "写上出示的活动证号（--certificate-number）或身份证号（--id-number）；确需先编入的由干事写 --override-reason",
        "give --certificate-number or --id-number as shown, or an officer gives --override-reason",
    ),
    "D-identity-mismatch": Code(
        "出示的证件与通报的不是同一人",
        "what was shown does not belong to the person of the notice",
        "重新核对证件；仍不符的，不予接收并选“身份信息不符”，或请流出地更正",
        "look at it again; if it still differs, refuse for identity_mismatch or ask the origin to correct the notice",
    ),
    "D-identity-no-digest": Code(
        "通报里没有可核对的身份摘要",
        "the notice has no digest to compare with",
        "改为核对活动证号",
        "compare the certificate number instead",
    ),
    "D-identity-override": Code(
        "只有干事或书记可以在身份未核实时决定编入",
        "only an officer or the secretary may place somebody unchecked",
        "先核实身份，或请干事办理",
        "check the identity, or ask an officer",
    ),
    "D-organisation-approval": Code(
        "没有批准文号，不能登记流动党员党组织",
        "a floating members' organisation is not registered without a reference of its approval",
        "填上级党委批准的文号：--approval",
        "give the reference of the approval: --approval",
    ),
    "D-organisation-code": Code(
        "这个代码已经是另一个组织的",
        "this code is that of another body",
        "换一个代码；已有的见 gongguan body list",
        "take another code; see gongguan body list",
    ),
    "D-member-fields": Code(
        "该党员的资料不能用于通报",
        "the member's record does not fit the notice",
        "按所列栏目改正党员名册后再通报",
        "correct the named column in the roster",
    ),
}
