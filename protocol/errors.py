"""Every refusal, by who is at fault.

The first letter of a code says it: ``T`` transport (try again), ``A`` authentication, ``P`` protocol, ``G`` agreement,
``S`` schema, ``R`` resource, ``D`` domain (what a person asked for), ``I`` ours. ``CODES`` is the whole list, with what
a person reads in Chinese and in English and what they should do next::

    raise refuse("P-id-reused", message=message_id)

Facts are ids, positions, counts, rows; never personal data, since errors are logged.
"""

from typing import Final, NamedTuple


class Code(NamedTuple):
    """One row of the table. ``retried``: the same input may pass later. ``advances``: the log goes on past it."""

    zh: str
    en: str
    next_zh: str
    next_en: str
    retried: bool = False
    advances: bool = True


class ProtocolError(Exception):
    """A refusal with a stable ``code`` and ``facts``. ``str()`` is the English sentence for logs."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code}: {self.sentence('en')}{self._listed()}")

    def _listed(self) -> str:
        return f" ({', '.join(f'{name}={value}' for name, value in self.facts.items())})" if self.facts else ""

    def sentence(self, language: str = "zh") -> str:
        """What happened."""
        return CODES[self.code].zh if language == "zh" else CODES[self.code].en

    def next_step(self, language: str = "zh") -> str:
        """What the reader should do now."""
        return CODES[self.code].next_zh if language == "zh" else CODES[self.code].next_en


class TransportError(ProtocolError):
    """The other side could not be reached or answered nonsense: try again."""


class AuthenticationError(ProtocolError):
    """A signature, a key, a token or a password does not hold."""


class ExchangeError(ProtocolError):
    """The partner broke the exchange protocol."""


class AgreementError(ProtocolError):
    """The agreement does not allow it."""


class SchemaError(ProtocolError):
    """Bytes or fields do not have the required form."""


class ResourceError(ProtocolError):
    """A bound was reached."""


class DomainError(ProtocolError):
    """A person asked for something that the rules of the work do not allow, or typed something wrong."""


class InternalError(ProtocolError):
    """Our own fault or this machine's."""


FAULT: Final[dict[str, type[ProtocolError]]] = {
    "T": TransportError,
    "A": AuthenticationError,
    "P": ExchangeError,
    "G": AgreementError,
    "S": SchemaError,
    "R": ResourceError,
    "D": DomainError,
    "I": InternalError,
}


def refuse(code: str, **facts: object) -> ProtocolError:
    """The error for ``code``, of the class that its first letter names. The caller raises it."""
    return FAULT[code[0]](code, **facts)


_ASK_PEER_ZH = "请把代码告诉对方节点的技术人员"
_ASK_PEER_EN = "tell the partner's technician this code"

_ASK_TECHNICIAN_ZH = "请把时间和这个代码告诉技术人员"
_ASK_TECHNICIAN_EN = "tell the technician the time and this code"

CODES: Final[dict[str, Code]] = {
    # T: transport
    "T-unreachable": Code(
        "暂时联系不上对方节点",
        "the partner cannot be reached",
        "不用处理，系统会一直重试；长时间不通请打电话核实",
        "nothing: delivery goes on by itself; phone the partner if it lasts",
        retried=True,
        advances=False,
    ),
    "T-not-a-bundle": Code(
        "收到的不是共管数据包",
        "the answer is not a bundle",
        "文件：核对是不是拿错了；网络：检查对方地址是否填对，中间是否有代理改写内容",
        "a file: check that it is the right one; a line: check the address, and whether a proxy answers instead",
        retried=True,
        advances=False,
    ),
    "T-relay-no-mailbox": Code(
        "对方还没有在中转站开设信箱",
        "the partner has not opened its mailbox at the relay yet",
        "不用处理，系统会一直重试；长时间不变请打电话，请对方启动节点",
        "nothing: it is tried again; phone the partner to start its node if it lasts",
        retried=True,
        advances=False,
    ),
    "T-relay": Code(
        "中转站的答复不合规",
        "the relay answered nonsense",
        "核对中转站地址；请管理中转站的技术人员检查",
        "check the address of the relay, and ask those who run it",
        retried=True,
        advances=False,
    ),
    "R-relay-full": Code(
        "中转站的信箱已满",
        "the mailbox at the relay is full",
        "不用处理，系统会一直重试；长时间不变请对方检查节点是否在运行",
        "nothing: it is tried again; ask the partner whether its node runs if it lasts",
        retried=True,
        advances=False,
    ),
    "R-relay-rate": Code(
        "对中转站的请求太频繁",
        "too many requests to the relay",
        "不用处理，系统会稍后重试",
        "nothing: it is tried again later",
        retried=True,
        advances=False,
    ),
    "S-relay-address": Code(
        "中转站地址写得不对",
        "not the address of a relay",
        "写成 https://主机:端口#证书指纹，以 gongguan relay 启动时显示的为准",
        "https://host:port#digest, as gongguan relay prints it when it starts",
        advances=False,
    ),
    "S-file-damaged": Code(
        "文件不完整或已损坏",
        "the file is incomplete or damaged",
        "重新复制一次；仍不行就请对方重新导出",
        "copy it once more; else ask the partner to export again",
        advances=False,
    ),
    "D-file-elsewhere": Code(
        "这份数据包不是给本节点的",
        "this bundle is for another node",
        "不用处理；把文件交给它的收件节点",
        "nothing: hand it to the node that it is for",
        advances=False,
    ),
    "T-node-not-running": Code(
        "本节点没有运行",
        "this node is not running",
        "先启动：gongguan serve；数据不在 ./gongguan-data 时加 --data",
        "start it: gongguan serve; use --data if its folder is not ./gongguan-data",
        retried=True,
        advances=False,
    ),
    "T-node-folder": Code(
        "当前账号不能读数据文件夹",
        "this account may not read the data folder",
        "用 --node 指明工作人员接口的地址（如 http://127.0.0.1:8700），或以运行节点的账号办理",
        "name the staff API by --node (http://127.0.0.1:8700), or work as the account of the node",
        advances=False,
    ),
    "T-node-answer": Code(
        "这个地址上答话的不是共管节点",
        "what answers there is not a node of ours",
        "重新启动节点：gongguan serve",
        "start the node again: gongguan serve",
        retried=True,
        advances=False,
    ),
    # A: authentication
    "A-signature": Code(
        "签名不对，内容可能被改过",
        "a signature does not verify",
        "不要使用这份内容，请对方重新发送",
        "do not use it; ask for it again",
    ),
    "A-no-known-signer": Code(
        "没有一个签名来自已知的密钥",
        "no signature is by a known key",
        "核对是不是发错了文件或对方换了密钥",
        "check the file, or whether the partner's key changed",
    ),
    "A-signer-missing": Code(
        "缺少应有的签名",
        "a required signature is missing",
        "请还没有签名的一方签名后再发来",
        "ask the party that has not signed yet to sign",
    ),
    "A-weak-key": Code(
        "公钥不合格，不能登记",
        "the public key is not acceptable",
        "请对方重新生成密钥后再登记",
        "ask the partner for a new key",
    ),
    "A-key-in-two-roles": Code(
        "同一公钥用在两处",
        "one public key is used in two roles or cards",
        "请对方重新生成名片",
        "ask the partner for a new card",
    ),
    "A-cannot-open": Code(
        "解不开：不是发给本节点的，或文件已损坏",
        "cannot be opened: not for this node, or damaged",
        "请对方确认收件节点后重新导出",
        "ask for a new export to this node",
    ),
    "A-login": Code(
        "姓名或密码不对，或者连续输错后被锁定",
        "wrong name or password, or locked after repeated failures",
        "核对后再试；连续错 5 次锁定 15 分钟，忘记密码请系统管理员重设",
        "check both; five failures lock for 15 minutes; the system administrator can set a new password",
        retried=True,
    ),
    "T-desk-not-reached": Code(
        "连不上这个节点",
        "this node cannot be reached",
        "核对地址和端口；请管理节点的人看它是否在运行，是否写了 desk_host",
        "check address and port; ask those who run it whether it runs and has a desk_host",
        retried=True,
    ),
    "A-desk-unknown": Code(
        "还没有核对过这个节点的证书，没有发送任何内容",
        "this node's certificate was never compared; nothing was sent",
        "向管理节点的人问清证书数字，再运行 gongguan login https://节点地址 姓名 --fingerprint 数字",
        "ask those who run the node for the digits, then gongguan login https://NODE NAME --fingerprint DIGITS",
    ),
    "A-desk-certificate": Code(
        "节点的证书与以前核对过的不同，没有发送任何内容",
        "the node shows another certificate than the one compared; nothing was sent",
        "可能有人冒充：先打电话问管理节点的人；确实换过证书的，加 --renew 再登录并核对新的数字",
        "somebody may pose as the node: ask those who run it; if it was renewed, log in with --renew and compare again",
    ),
    "A-token": Code(
        "没有登录，或登录已过期",
        "not logged in, or the login has expired",
        "请重新登录：gongguan login",
        "log in again: gongguan login",
        retried=True,
    ),
    "A-role": Code(
        "您的角色不能办理这项操作",
        "your role does not allow this",
        "请有相应角色的同事办理；角色由系统管理员设定",
        "ask a colleague with that role; the system administrator assigns roles",
    ),
    "A-subtree": Code(
        "这个组织不在您管理的范围内",
        "that body is outside your part of the tree",
        "请该组织或上级的工作人员办理",
        "ask the staff of that body or of one above it",
    ),
    "A-node-id": Code(
        "节点编号与创始密钥不符，名片是伪造的或已损坏",
        "the node id does not belong to the genesis key",
        "不要使用这张名片，打电话请对方重新导出",
        "do not use the card; phone the partner for a new export",
    ),
    "A-card-chain": Code(
        "新名片没有接上旧名片",
        "the card does not continue the one before",
        "请对方导出完整的名片（含历次更换记录）",
        "ask the partner for its card with all earlier ones",
    ),
    "A-card-older": Code(
        "收到的名片比已有的旧",
        "an older card than the one held",
        "请对方导出现在使用的名片",
        "ask the partner for its present card",
    ),
    "R-cards": Code(
        "本节点的名片已更换到次数上限",
        "this node has had as many cards as one may have",
        "改以新节点重新结对，见 docs/operations.md“密钥全部丢失”",
        "set up a new node and pair it anew, see docs/operations.md",
        advances=False,
    ),
    "A-key-retired": Code(
        "这是已经停用的密钥签的",
        "signed by a key that has been replaced",
        "不用处理：对方用现在的密钥会重新送来；反复出现时，打电话问对方是不是换回了旧的密钥文件，或有人盗用旧密钥",
        "nothing: the partner sends it again under its present key; if it goes on, phone the partner: it may run on an "
        "old key file, or somebody uses a stolen one",
        advances=False,
    ),
    "A-card-unknown": Code(
        "对方持有本节点更新的名片，本机没有：这里的密钥文件是旧的",
        "the partner holds a newer card of this node than is here: this key file is an old one",
        "停机，放回更换密钥以后复制的 keys 文件夹；没有了，见 docs/operations.md“密钥全部丢失”",
        "stop the node and put back the folder keys as copied after the change; without one see docs/operations.md",
        advances=False,
    ),
    "A-invitation": Code(
        "邀请码不对、已用过或已过期",
        "the invitation is unknown, used or expired",
        "请发出邀请的一方重新邀请",
        "ask the inviting side for a new invitation",
    ),
    # S: schema
    "S-json": Code("内容不是合规的 JSON", "not JSON of our profile", _ASK_PEER_ZH, _ASK_PEER_EN),
    "S-not-canonical": Code("内容不是规范编码", "not in canonical form", _ASK_PEER_ZH, _ASK_PEER_EN),
    "S-type": Code("出现不允许的数据类型", "a type outside the profile", _ASK_PEER_ZH, _ASK_PEER_EN),
    "S-integer": Code("整数超出范围", "an integer out of range", _ASK_PEER_ZH, _ASK_PEER_EN),
    "S-text": Code(
        "文字含不允许的字符", "a text with forbidden characters", "去掉不可见字符后重试", "remove invisible characters"
    ),
    "S-depth": Code("内容嵌套太深", "nested too deeply", _ASK_PEER_ZH, _ASK_PEER_EN),
    "S-note": Code("签名文书格式不对", "not a signed note", "请对方重新导出", "ask for a new export"),
    "S-note-type": Code(
        "文书类型不符", "a note of another type", "核对是不是拿错了文件", "check that it is the right file"
    ),
    "S-checkpoint": Code("日志检查点格式不对", "not a checkpoint", _ASK_PEER_ZH, _ASK_PEER_EN),
    "S-frontier": Code(
        "日志前沿数据已损坏",
        "not the frontier of a log",
        "运行 gongguan doctor 检查数据目录",
        "run gongguan doctor on the data folder",
    ),
    "S-proof": Code("证明文件格式不对", "not a proof file", "请重新导出证明", "export the proof again"),
    "S-case": Code("案卷文件格式不对", "not a case file", "请重新导出案卷", "export the case again"),
    "S-request": Code(
        "请求的内容不对：缺少字段、多了字段或写法不对",
        "a field is missing, unknown or malformed",
        "按提示改正这一项；各项说明见命令的 --help",
        "correct the field that is named; see --help of the command",
    ),
    "S-operation": Code(
        "没有这项操作", "no such operation", "运行 gongguan --help 查看可用的命令", "see gongguan --help"
    ),
    "S-erased": Code(
        "已删除消息的占位内容格式不对",
        "what stands for an erased message is malformed",
        _ASK_PEER_ZH,
        _ASK_PEER_EN,
        advances=False,
    ),
    "S-attachment": Code(
        "附件不是 PDF、JPEG 或 PNG 文件，或文件不完整",
        "the file is no PDF, JPEG or PNG, or not all of it",
        "请另存为这三种格式之一；按内容核对，与文件名无关",
        "save it as one of these; its content counts, not its name",
    ),
    "S-certificate-token": Code(
        "不是活动证上的二维码内容，或内容不完整",
        "not the code of a certificate, or not all of it",
        "重新扫描；扫不出的，联网向流出地查验证号",
        "scan it again; else ask the origin about the number",
    ),
    "S-readable": Code(
        "文书格式不对，或文字与数据不一致",
        "not such a document, or its words are not those of its data",
        "不要采信，请对方重新导出",
        "do not rely on it; ask for a new export",
    ),
    "S-pairing-packet": Code(
        "不是结对文件，或文件已损坏",
        "not a pairing file, or damaged",
        "核对文件，或请对方重新导出",
        "check the file, or ask for a new export",
    ),
    # R: resources
    "R-too-large": Code("内容超过大小上限", "larger than the limit", "分成几份再发", "split it", advances=False),
    "R-digest": Code(
        "两边差异太多，无法逐条列出",
        "too many differences to list",
        "两边先各运行 gongguan verify，再对账",
        "run gongguan verify on both sides, then reconcile again",
    ),
    # P: protocol
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
        _ASK_PEER_ZH,
        _ASK_PEER_EN,
        advances=False,
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
    "P-fork": Code(
        "对方在同一位置签了两份不同的记录",
        "two heads of one log at one size",
        "已保留证据并停止接收，请两边负责人通电话",
        "evidence kept, direction frozen: phone the partner",
        advances=False,
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
        _ASK_PEER_ZH,
        _ASK_PEER_EN,
    ),
    # G: agreement
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
    # D: pairing
    "D-recovering": Code(
        "正在从备份恢复，对方手里的消息还没有全部取回",
        "recovering from a backup: what the partner holds has not all come back yet",
        "等连上对方后自动完成；进度见 gongguan recovery show",
        "it ends by itself once the partner was reached; see gongguan recovery show",
        retried=True,
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
    # D: files and sheets that offices send
    "D-file-missing": Code("找不到这个文件", "no such file", "核对文件名和文件夹", "check the name and the folder"),
    "D-file-unreadable": Code(
        "文件打不开，可能已损坏或没有读取权限",
        "the file cannot be read: damaged, or no permission",
        "用 WPS 打开后另存为 .xlsx 再试",
        "open it in WPS or Excel, save it as .xlsx, try again",
    ),
    "D-file-unwritable": Code(
        "文件写不进去",
        "the file cannot be written",
        "换一个有写入权限、空间够用的文件夹",
        "choose a folder that you may write to",
    ),
    "D-file-password": Code(
        "文件设了打开密码",
        "the file is protected by a password",
        "取消密码后另存一份再导入",
        "save a copy without password",
    ),
    "D-file-kind": Code(
        "不是电子表格（内容不是 .xlsx、.xls 或 .csv）",
        "not a spreadsheet: neither .xlsx nor .xls nor .csv",
        "用 WPS 打开后另存为 .xlsx；只改扩展名不行",
        "open it in WPS or Excel and save it as .xlsx; renaming does not help",
    ),
    "D-file-too-large": Code(
        "表格太大",
        "the spreadsheet is too large",
        "删去多余的行列和图片，或分成几个文件",
        "remove surplus rows or split it",
    ),
    "D-file-date-system": Code(
        "表格用的是 1904 年日期系统，日期会差四年",
        "the workbook counts days from 1904: dates would be four years off",
        "在表格选项里取消“1904 日期系统”，核对日期后再存",
        "switch off the 1904 date system, check the dates, save again",
    ),
    "D-sheet-empty": Code(
        "工作表里没有数据", "the sheet holds no data", "核对是不是选错了文件", "check that it is the right file"
    ),
    "D-header-none": Code(
        "前 30 行里没有找到表头",
        "no header in the first 30 rows",
        "保留模板里的表头一行，列的先后不限",
        "keep the header row of the template; the order of columns is free",
    ),
    "D-header": Code(
        "表头缺少必需的列",
        "required columns are missing",
        "补上缺少的列再导入；只是列名不同的，用 gongguan sheet map 教一次",
        "add the missing columns; where only the header differs, tell it once by gongguan sheet map",
    ),
    "D-header-twice": Code(
        "有两列是同一个意思，不知道用哪一列",
        "two columns mean the same",
        "删去一列，或把列名写清楚",
        "remove one, or name them apart",
    ),
    "D-cell-missing": Code("必填的格子空着", "a required cell is empty", "补填后再交", "fill it in"),
    "D-cell-formula": Code(
        "这一格是没有算出结果的公式",
        "a formula that was never calculated",
        "用 WPS 打开并保存一次，或改填实际内容",
        "open and save it in WPS or Excel, or type the value",
    ),
    "D-cell-error": Code(
        "这一格显示错误值（如 #N/A）", "the cell shows an error value", "改填实际内容", "type the value itself"
    ),
    "D-cell-kind": Code(
        "这一格的内容类型不对",
        "a cell of the wrong type",
        "把单元格设为“文本”后重新填写",
        "format the cell as text and retype",
    ),
    "D-cell-too-long": Code("这一格的文字太长", "the text is too long", "缩短后再交", "shorten it"),
    "D-cell-characters": Code(
        "这一格含乱码或不可用的字符", "unusable characters", "重新输入这一格", "type the cell again"
    ),
    "D-code-unknown": Code(
        "不在可选范围内", "not one of the allowed values", "按可选的写法填写", "use an allowed value"
    ),
    "D-number-rounded": Code(
        "长号码按数字存了，末尾几位已经丢失",
        "a long number was stored as a number: its last digits are lost",
        "先把整列设为“文本”，再照原件重新输入号码",
        "format the column as text and retype the number from the original",
    ),
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
    "D-date": Code(
        "日期看不懂或不存在", "not a date", "写成 2024-03-01；只知道年月就写 2024-03", "write 2024-03-01, or 2024-03"
    ),
    "D-date-ambiguous": Code(
        "数字 2024.1 这样的写法分不清是 1 月还是 10 月",
        "a number such as 2024.1 may mean January or October",
        "改成文字 2024-01 或 2024-10",
        "type it as text, 2024-01 or 2024-10",
    ),
    "D-row-duplicate-id": Code(
        "同一身份号码出现多次", "the ID number occurs more than once", "核对后只留一行", "keep one row"
    ),
    "D-row-duplicate-day": Code("同一天出现多次", "the day occurs more than once", "核对后只留一行", "keep one row"),
    "D-event-several": Code(
        "这一天安排了几次同类活动",
        "several activities of this kind are planned on that day",
        "用 --event 写明是哪一次，编号见 gongguan activity list",
        "say which one with --event; see gongguan activity list",
    ),
    "D-sheet-quarter": Code(
        "季度写法不认识",
        "not a quarter",
        "写成 2026Q4 或 2026年第四季度，年份要写上",
        "write it as 2026Q4, with the year",
    ),
    "D-sheet-count": Code(
        "次数要写成整数", "not a whole number of times", "写 0 到 10000 的整数，或留空", "write 0 to 10000, or nothing"
    ),
    "D-feedback-told": Code(
        "反馈已经交给对方，不能整批撤销",
        "what was fed back is with the partner and is not undone",
        "改好再交一次：gongguan 交表 文件，以后一次为准",
        "hand in a corrected sheet: the later one counts",
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
    "D-arrangement-rows": Code(
        "表里没有日子，或者多于一年的天数",
        "the sheet holds no day, or more than a year has",
        "一张表写一年的放假和调休上班日，取表：gongguan calendar sheet 年份",
        "one sheet holds the days off and the days worked of one year; see gongguan calendar sheet",
    ),
    "D-row-duplicate-body": Code(
        "同一组织代码或全称出现多次", "a code or full name occurs more than once", "核对后只留一行", "keep one row"
    ),
    "D-row-sex-differs": Code(
        "性别与身份号码不一致", "sex and ID number disagree", "照身份证核对性别和号码", "compare both with the ID card"
    ),
    "D-row-dates-order": Code(
        "前后两个日期次序颠倒", "two dates are in the wrong order", "核对两个日期", "check both dates"
    ),
    "D-row-no-such-member": Code(
        "名册里没有这个身份号码的党员",
        "no member with this ID number in the basic roster",
        "先把党员基本信息补进名册，或改正号码",
        "add the member first, or correct the number",
    ),
    "D-row-name-differs": Code(
        "两张表里同一身份号码的姓名不同",
        "two names for one ID number",
        "核对后两张表写成一样",
        "make both sheets agree",
    ),
    "D-row-no-outflow": Code(
        "标为流动党员，但流出花名册里没有",
        "marked as floating, but not in the outflow roster",
        "补进流出花名册，或改为“否”",
        "add the row to the outflow roster, or say no",
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
    # I: what this node is
    "I-own-card": Code(
        "本节点的名片缺失或与密钥不符",
        "the card of this node is missing or does not fit its keys",
        "运行 gongguan doctor 检查",
        "run gongguan doctor",
        advances=False,
    ),
    # I: this node's database and data folder (node/database.py)
    "I-already-stored": Code(
        "这条记录已经存在",
        "a record with this key or unique value is already stored",
        "先查询已有记录，不要重复登记",
        "look at the record that exists; do not enter it again",
    ),
    "I-commit-unknown": Code(
        "保存到数据库时中断，结果不确定",
        "the database did not say whether the commit took effect",
        "重新启动节点，核对最后一次操作是否已生效",
        "restart the node and look whether the last action took effect",
        retried=True,
        advances=False,
    ),
    "I-database": Code(
        "数据库出错",
        "the database reported an error",
        "运行 gongguan doctor；仍有问题请把代码告诉技术人员",
        "run gongguan doctor; if it stays, tell your technician this code",
        advances=False,
    ),
    "I-database-read-only": Code(
        "数据库是只读的，不能保存",
        "the database is read-only",
        "检查数据目录的权限和磁盘是否被挂载为只读",
        "check the permissions of the data folder and whether the disk is mounted read-only",
        retried=True,
        advances=False,
    ),
    "I-database-damaged": Code(
        "数据库文件已损坏",
        "the database file is damaged",
        "停止节点，保留原文件，从备份恢复",
        "stop the node, keep the file, restore from a backup",
        advances=False,
    ),
    "I-database-disk": Code(
        "读写数据库文件失败",
        "the database file cannot be read or written",
        "检查磁盘和数据目录权限",
        "check the disk and the permissions of the data folder",
        retried=True,
        advances=False,
    ),
    "I-database-settings": Code(
        "数据库不能按要求的安全方式运行",
        "the database did not accept a setting that durability depends on",
        "把数据目录放到本机磁盘上，不要放在网络共享目录",
        "keep the data folder on a local disk, not on a network share",
        advances=False,
    ),
    "I-database-newer": Code(
        "数据库由更新版本的软件写成",
        "the database was written by a newer version of this software",
        "升级软件后再启动，不要用旧版本打开",
        "upgrade the software; do not open it with this version",
        advances=False,
    ),
    "I-folder-in-use": Code(
        "数据目录正被另一个节点进程使用",
        "another process is using this data folder",
        "先停止正在运行的节点，再启动",
        "stop the running node first",
        retried=True,
        advances=False,
    ),
    "I-folder-not-writable": Code(
        "数据目录不能写入",
        "the data folder cannot be written",
        "检查目录是否存在、所有者和权限是否正确",
        "check that it exists and who owns it",
        advances=False,
    ),
    "I-sealed-field": Code(
        "加密保存的内容解不开",
        "a sealed value does not open with this node's data key",
        "检查密钥文件和数据库是否来自同一份备份",
        "check that the key file and the database come from the same backup",
        advances=False,
    ),
    "R-disk-full": Code(
        "磁盘已满，没有保存",
        "the disk is full; nothing was stored",
        "清理磁盘空间后重试",
        "free some disk space and try again",
        retried=True,
        advances=False,
    ),
    "R-database-busy": Code(
        "数据库正忙，没有保存",
        "the database is busy; nothing was stored",
        "稍后重试",
        "try again in a moment",
        retried=True,
        advances=False,
    ),
    # D: staff, bodies and members of this committee
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
    "D-import-rows": Code(
        "表里有需要改正的地方，什么都没有导入",
        "the sheet has rows to correct; nothing was imported",
        "打开结果表，按每行的说明改正原表后再交",
        "open the result workbook, correct the rows and import again",
    ),
    "D-sheet-unknown": Code(
        "认不出这是哪一种表",
        "this is none of our sheets",
        "用 gongguan sheet list 看有哪些表，用 gongguan sheet make 取一张空表",
        "see gongguan sheet list; get an empty one by gongguan sheet make",
    ),
    "D-sheet-column": Code(
        "这种表没有这一列", "this sheet has no such column", "列名照表头写", "write the header as it is printed"
    ),
    "D-column-name": Code(
        "这个列名不用教：空着，或本来就认得",
        "this header is empty, or known anyhow",
        "只写认不出的列名",
        "tell unknown headers only",
    ),
    "D-column-names": Code(
        "记住的列名太多", "too many names", "先忘记不用的：--set 列名=", "forget some: --set HEADER="
    ),
    "D-sheet-value": Code(
        "要写成 列名=内容", "write column=value", "例如 --set 日期=2026-11-18", "e.g. --set 日期=2026-11-18"
    ),
    "D-sheet-rows": Code("一张表的行数超过上限", "too many rows for one sheet", "分成几张表", "split the sheet"),
    "D-sheet-yuan": Code("金额要写成元，最多两位小数", "not an amount in yuan", "写成 12.50", "write 12.50"),
    "D-day": Code(
        "这一天看不懂、不存在，或缺少年、月、日中的一样",
        "no such day, or the year, month or day is missing",
        "写成 2026-11-18",
        "write 2026-11-18",
    ),
    "D-sheet-month": Code("要写成 年-月", "not a month", "写成 2026-11", "write 2026-11"),
    "D-sheet-event": Code(
        "活动编号只能用字母、数字、点和横线",
        "an event is written in letters, digits, dots and dashes",
        "改写，或留空（按日期和类别编号）",
        "change it, or leave it empty",
    ),
    "D-no-dry-run": Code(
        "这项操作要与对方联系，不能试办",
        "this asks the partner and cannot be tried",
        "去掉 --dry-run 办理",
        "leave --dry-run out",
    ),
    "D-row-person-unknown": Code(
        "范围内没有这名党员",
        "no such member within your reach",
        "核对姓名；新取一张空表可以看到范围内的全部人员",
        "check the name; a fresh sheet lists everybody",
    ),
    "D-row-person-differs": Code(
        "姓名与编号不是同一个人",
        "name and id are of two persons",
        "可能是粘贴时错了行：核对后改姓名或编号",
        "perhaps pasted into the wrong row: correct one of them",
    ),
    "D-row-person-ambiguous": Code(
        "范围内有同名的党员",
        "several members have this name",
        "填上编号（见新取的空表）",
        "fill in the id (a fresh sheet has it)",
    ),
    "D-batch-unknown": Code(
        "没有这个批次", "no such batch", "用 gongguan sheet batches 查看", "see gongguan sheet batches"
    ),
    "D-batch-undone": Code("这个批次已经撤销过", "this batch was undone before", "不用再办", "nothing is left to do"),
    "D-batch-old": Code(
        "这个批次太早，不能整批撤销",
        "this batch is too old to be undone as a whole",
        "逐条更正（gongguan entry withdraw）",
        "correct entry by entry (gongguan entry withdraw)",
    ),
    "D-import-no-sheet": Code(
        "没有给出要导入的表",
        "no sheet was given",
        "给出党员基本信息表，或流出党员花名册（--outflow），或两张表在一起的工作簿",
        "give the members' roster, the outflow roster (--outflow), or a workbook with both",
    ),
    "D-row-no-such-branch": Code(
        "组织树里没有这个党支部",
        "no such branch in the tree",
        "先用 gongguan body import 导入组织，或改成组织表里的代码、全称或简称",
        "import the bodies first, or use a code or name of that sheet",
    ),
    "D-row-branch-ambiguous": Code(
        "有几个组织叫这个名字", "several bodies have this name", "改填组织代码", "use the body's code"
    ),
    "D-row-branch-kind": Code(
        "这个组织不是党支部，也不是党小组",
        "that body is neither a branch nor a group",
        "填党员所在的党支部",
        "name the branch of the member",
    ),
    "D-row-certificate-taken": Code(
        "这个活动证号已经属于另一名党员",
        "another member has this certificate number",
        "照活动证核对号码",
        "compare it with the certificate",
    ),
    "D-member-unknown": Code(
        "没有这名党员", "no such member", "用 gongguan member list 查看编号", "see gongguan member list for the ids"
    ),
    "I-internal": Code(
        "程序内部出错，已记入日志",
        "an internal error; it is in the log",
        "请把时间和这个代码告诉技术人员",
        "tell the technician the time and this code",
        retried=True,
    ),
    # the exchange and its verdicts
    "S-message": Code("不是合规的消息", "not a message", _ASK_PEER_ZH, _ASK_PEER_EN),
    "S-bundle": Code(
        "数据包格式不对", "not a well-formed bundle", "请对方重新导出数据包", "ask for the bundle again", advances=False
    ),
    "S-subject": Code(
        "消息应当（或不应当）指明党员", "a subject where none belongs, or none", _ASK_PEER_ZH, _ASK_PEER_EN
    ),
    "S-date": Code("日期不存在", "no such day or time", "核对日期", "check the date"),
    "S-agreement": Code("此类消息不引用协议", "this kind cites no agreement", _ASK_PEER_ZH, _ASK_PEER_EN),
    "P-not-this-pairing": Code(
        "数据包不属于这一结对",
        "the bundle is not of this pairing",
        "核对文件来自哪个节点",
        "check where the file comes from",
        advances=False,
    ),
    "P-status-header": Code(
        "数据包内外信息不一致",
        "header and status note differ",
        "请对方重新导出数据包",
        "ask for the bundle again",
        advances=False,
    ),
    "P-status-rest": Code(
        "数据包内容与其签名不符",
        "the content is not what the status note names",
        "请对方重新导出数据包",
        "ask for the bundle again",
        advances=False,
    ),
    "P-segment-size": Code(
        "日志段的条数与签名不符", "a segment's size is not the signed one", _ASK_PEER_ZH, _ASK_PEER_EN, advances=False
    ),
    "P-root": Code(
        "日志段与对方签名的日志头不符",
        "messages do not add up to the signed root",
        "不要使用；请两边技术人员通电话",
        "do not use it; phone the partner",
        advances=False,
    ),
    "P-returned": Code(
        "对方归还的不是本节点签过的内容",
        "what the partner returned to us is not what we had signed",
        _ASK_PEER_ZH,
        _ASK_PEER_EN,
        advances=False,
    ),
    "P-own-retired": Code(
        "对方持有收件节点用旧密钥签过的消息，收件节点自己没有",
        "the partner holds messages under a retired key of the receiving node, which itself has not got them",
        "收件节点换密钥以前放回过旧备份的，由它的经办人用 gongguan recovery begin 取回；"
        "没有放回过的，旧密钥可能被盗：请两边通电话",
        "if an older backup was put back there before the keys were replaced, its officer fetches them: "
        "gongguan recovery begin; else the old key may be stolen: talk by telephone",
        advances=False,
    ),
    "P-receipt": Code("回执不成立", "a receipt does not hold", _ASK_PEER_ZH, _ASK_PEER_EN, advances=False),
    "P-epoch": Code(
        "日志新时段的开头不对", "an epoch does not begin with epoch.opened", _ASK_PEER_ZH, _ASK_PEER_EN, advances=False
    ),
    "P-epoch-heads": Code(
        "对方日志的分支太多",
        "more branches of a log than a partner can have honestly",
        "请两边技术人员通电话",
        "phone the partner",
        advances=False,
    ),
    "R-token-too-long": Code(
        "证号和姓名太长，二维码放不下",
        "number and name are too long for the code",
        "不印二维码，凭证号联网查验",
        "print no code: the number can be asked about",
    ),
    "R-quota": Code(
        "对方的消息已达到本节点为其留出的存储上限，暂不接收",
        "this partner's messages have reached the bound that this node keeps for them",
        "先查明原因；需要更多空间时，由技术人员提高 gongguan.toml 里的 limits.peer_bytes_max 后重新启动",
        "find out why; where more is needed the technician raises limits.peer_bytes_max in gongguan.toml",
        retried=True,
        advances=False,
    ),
    "R-attachment-size": Code(
        "附件超过 8 MiB",
        "the file is larger than 8 MiB",
        "降低扫描分辨率，或只扫描需要的页",
        "scan with fewer dots per inch, or only the pages that are needed",
    ),
    "R-epochs": Code(
        "对方今天新开的日志时段太多",
        "the partner opened too many epochs today",
        "请对方检查节点为何反复重启；明天自动继续",
        "ask the partner why its node restarts so often; it goes on tomorrow",
        retried=True,
        advances=False,
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
        _ASK_PEER_ZH,
        _ASK_PEER_EN,
    ),
    "P-epoch-parent": Code(
        "日志新时段之前的内容还没收到",
        "an epoch names a parent that is not held",
        "等对方把前面的补发过来",
        "wait until the earlier part arrives",
        retried=True,
        advances=False,
    ),
    "P-causality": Code(
        "消息声称看到过的内容对不上",
        "what a message says it had seen does not fit",
        "请两边技术人员通电话",
        "phone the partner",
        advances=False,
    ),
    "P-id-reused": Code(
        "同一编号出现两份不同的消息",
        "one message id with two contents",
        "两份都已保留，请对方说明",
        "both are kept; ask the partner",
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
    "R-held-full": Code(
        "本方暂存的消息太多，对方的新消息暂不收取",
        "this node holds too many messages, so it takes no more of the partner's for now",
        "升级软件，或放行、请对方撤回已暂存的消息：gongguan quarantine list",
        "upgrade the software, or release what is held, or have it withdrawn: gongguan quarantine list",
        retried=True,
        advances=False,
    ),
    "I-poison": Code(
        "处理这条消息时本节点软件多次出错，已暂存",
        "this node's software failed on the message several times; it is held",
        "请把消息编号告诉技术人员，升级后重试：gongguan quarantine retry",
        "give the message id to your technician; after an upgrade try again: gongguan quarantine retry",
    ),
    "D-not-held": Code(
        "没有这样一条暂存的消息",
        "no such message is held",
        "查看暂存的消息：gongguan quarantine list",
        "see what is held: gongguan quarantine list",
    ),
    "P-kind-not-announced": Code(
        "对方软件还不能处理这种消息",
        "the partner has not announced this kind",
        "等对方节点连上或升级后再试",
        "wait for the partner to connect or upgrade",
        retried=True,
    ),
    "P-citation": Code(
        "消息引用了不存在或不该引用的内容",
        "a cited message is not in the author's past, or of a wrong kind",
        _ASK_PEER_ZH,
        _ASK_PEER_EN,
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
    "P-pairing-unknown": Code("没有这个结对", "no such pairing", "先完成结对", "pair first", advances=False),
    "P-pairing-not-active": Code(
        "结对没有处于生效状态",
        "the pairing is not active",
        "查看 gongguan peer list 中的原因",
        "look at gongguan peer list for the reason",
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
        retried=True,
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
    "I-card-missing": Code("本机缺少名片记录", "a card is missing here", _ASK_TECHNICIAN_ZH, _ASK_TECHNICIAN_EN),
    "I-log-incomplete": Code(
        "本机日志缺了一段", "this node's log lacks a part", "停止使用并从备份恢复", "stop and restore from a backup"
    ),
    "I-no-exchange": Code("此操作没有接上交换部分", "no exchange in this act", _ASK_TECHNICIAN_ZH, _ASK_TECHNICIAN_EN),
    "I-no-epoch": Code("日志时段没有打开", "no epoch is open", _ASK_TECHNICIAN_ZH, _ASK_TECHNICIAN_EN),
    "I-port-in-use": Code(
        "端口已被占用",
        "the port is in use",
        "换一个端口，或先停掉占用它的程序（也许本节点已经在运行）",
        "choose another port, or stop the program that holds it: perhaps this node already runs",
        retried=True,
    ),
    "I-not-loopback": Code(
        "工作人员接口只能开在本机",
        "the staff API listens on loopback only",
        "地址用 127.0.0.1；要远程办理请先登录到这台机器",
        "use 127.0.0.1; to work from elsewhere log in to this machine first",
    ),
    # entries, feedback, scores, conflicts, notices
    "D-date-future": Code(
        "这个日期还没有到", "the date lies in the future", "等发生以后再登记", "enter it once it has happened"
    ),
    "D-rows": Code(
        "有些行办不了，全部没有登记",
        "some rows cannot be done; nothing was kept",
        "按列出的原因改正这些行，再交一次",
        "correct the rows listed and hand all of it in again",
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
    "D-not-destination": Code(
        "这名党员不由本方管理，反馈由流入地作出",
        "the feedback is given by the destination side",
        "请对方反馈",
        "ask the partner",
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
    # working under an agreement
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
    "G-not-accepted": Code(
        "这一方没有节点，还没有登记其同意往来",
        "this partner has no node, and that it agreed to work with us was not entered yet",
        "对方来电或来函同意后登记：gongguan agreement on-paper",
        "enter it once they agreed: gongguan agreement on-paper",
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
    # this node's keys, settings and deliveries
    "A-key-file-passphrase": Code(
        "口令打不开密钥文件",
        "the pass-phrase does not open the key file",
        "核对口令；忘记口令时用恢复单：gongguan keys recover",
        "check it; if it is forgotten, use the recovery sheet: gongguan keys recover",
    ),
    "A-key-file-name": Code(
        "密钥文件里没有这个人的口令",
        "no pass-phrase under this name in the key file",
        "用 gongguan keys list 查看有谁的口令",
        "see gongguan keys list",
    ),
    "A-key-file-name-taken": Code(
        "这个人在密钥文件里已经有口令",
        "there is a pass-phrase under this name already",
        "要更换口令：gongguan keys passphrase --change 姓名",
        "to change it: gongguan keys passphrase --change NAME",
    ),
    "A-key-file-last": Code(
        "这是密钥文件最后一个口令，不能去掉",
        "the last pass-phrase of the key file cannot be removed",
        "先为另一个人加上口令：gongguan keys passphrase --add 姓名",
        "add one for somebody else first: gongguan keys passphrase --add NAME",
    ),
    "A-key-file-many": Code(
        "密钥文件的口令已经够多",
        "the key file has as many pass-phrases as it may",
        "先去掉不再需要的：gongguan keys passphrase --remove 姓名",
        "remove one that is not needed: gongguan keys passphrase --remove NAME",
    ),
    "A-key-file-service": Code(
        "服务文件缺失，或与密钥文件不配",
        "the service file is missing or does not belong to the key file",
        "用口令启动：gongguan serve --ask-passphrase；口令也没有时用恢复单：gongguan keys recover",
        "start by the pass-phrase: gongguan serve --ask-passphrase; without it: gongguan keys recover",
    ),
    "A-key-file-recovery": Code(
        "恢复单打不开密钥文件",
        "the recovery sheet does not open the key file",
        "核对是不是本节点的恢复单，再逐组核对",
        "check that it is the sheet of this node, then each group",
    ),
    "A-key-file-sheet": Code(
        "恢复单抄错了",
        "the recovery sheet was mistyped",
        "核对列出的那几组",
        "check the groups that are listed",
        retried=True,
    ),
    "A-key-file-damaged": Code(
        "密钥文件已损坏",
        "the key file is damaged",
        "停止节点，从密钥备份恢复 keys 目录",
        "stop the node and restore the folder keys from its backup",
    ),
    "A-key-file-missing": Code(
        "数据目录里没有密钥文件，节点还没有初始化",
        "the data folder holds no key file: the node was not set up",
        "先运行 gongguan init；或用 --data 指明正确的目录",
        "run gongguan init first, or name the right folder by --data",
    ),
    "A-key-file-older": Code(
        "密钥文件比数据库里的名片旧",
        "the key file is older than the card in the database",
        "放回更换密钥以后复制的 keys 文件夹，再启动",
        "put back the folder keys as copied after the keys were changed, then start again",
        advances=False,
    ),
    "A-key-file-exists": Code(
        "这个数据目录已经初始化过",
        "this data folder was set up already",
        "直接运行 gongguan serve；要另建节点请换一个目录",
        "run gongguan serve; for another node take another folder",
    ),
    "I-backup": Code(
        "备份没有完成",
        "the backup was not made or not put back",
        "按所列问题处理后再试；原来的数据没有动",
        "see to the problem named and try again; the data that was there is untouched",
    ),
    "I-config": Code(
        "配置文件 gongguan.toml 有误",
        "a mistake in gongguan.toml",
        "按提示改正这一项后重新启动",
        "correct what is named and start again",
        advances=False,
    ),
    "T-timeout": Code(
        "对方节点没有按时答复",
        "the partner did not answer in time",
        "不用处理，系统会一直重试",
        "nothing: delivery goes on by itself",
        retried=True,
        advances=False,
    ),
    "T-certificate": Code(
        "对方服务器的证书与其名片不符",
        "the server's certificate is not the one on the partner's card",
        "不要绕过；打电话核实对方地址，或请对方换发名片",
        "do not work around it: phone the partner about address and card",
        retried=True,
        advances=False,
    ),
    "T-refused-there": Code(
        "对方节点拒绝了这次交换",
        "the partner's node refused",
        "看拒绝代码；长时间不变请打电话核实",
        "see the code of the refusal; phone the partner if it lasts",
        retried=True,
        advances=False,
    ),
    "T-no-progress": Code(
        "对方有答复，但没有收下我方的消息",
        "the partner answers but receipts nothing of ours",
        "请对方技术人员查看其节点日志",
        "ask the partner's technician to look at the log of their node",
        retried=True,
        advances=False,
    ),
    "R-busy": Code(
        "节点正忙，请按提示的时间再来",
        "the node is busy; come again after the time that is given",
        "不用处理，系统会自动重试",
        "nothing: it is tried again",
        retried=True,
        advances=False,
    ),
    "R-slow": Code(
        "数据传得太慢，已中断",
        "the data came too slowly",
        "检查网络后重试",
        "check the network and try again",
        retried=True,
        advances=False,
    ),
    "P-cut-ahead": Code(
        "对方还没有收到对账所涉的全部消息",
        "messages up to the cut are still missing",
        "等消息传完后再对账",
        "wait until everything has arrived",
        retried=True,
    ),
    "P-statement": Code(
        "对账声明与本机记录不符，没有签名",
        "the statement is not what this node holds",
        "重新对账，再用 verify 检查本机",
        "reconcile again and run verify",
    ),
    # agreements, departures, admissions: what a person asked for
    "G-other-version": Code(
        "要签署的文本与您看到的不是同一个版本",
        "the text is not the version that was seen",
        "重新查看协议（gongguan agreement show），核对版本摘要后再签",
        "show the agreement again and compare the version before signing",
    ),
    "D-identity-unverified": Code(
        "还没有核实党员身份，不能编入党支部",
        "the member's identity has not been checked yet",
        "先核对身份证或活动证（gongguan admission verify）；确需先编入的，由干事或书记写明理由（--override-reason）",
        "check the ID number or certificate shown (gongguan admission verify), or an officer gives --override-reason",
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
        retried=True,
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
    "D-member-fields": Code(
        "该党员的资料不能用于通报",
        "the member's record does not fit the notice",
        "按所列栏目改正党员名册后再通报",
        "correct the named column in the roster",
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
    "D-verify-changed": Code(
        "不符的记录数与确认的不一样了",
        "the count is not the one that was confirmed",
        "再运行一次 gongguan verify run，按新的条数确认",
        "run verify again and confirm its count",
    ),
    "T-no-answer": Code(
        "对方一直没有答复",
        "the partner did not answer in time",
        "确认对方节点在运行，稍后再试",
        "see that the partner runs and try again",
        retried=True,
    ),
    "I-audit-broken": Code(
        "审计记录被改动过：从这一条起接不上",
        "the audit was altered: from this entry on the chain does not hold",
        "保留现场，不要继续办理；请技术人员与备份中的审计记录比对",
        "leave everything as it is and stop; have it compared with the audit in a backup",
    ),
    "D-agreement-not-in-force": Code(
        "这个版本的协议现在没有生效",
        "this version is not in force",
        "用 gongguan agreement show 查看现行版本摘要",
        "see gongguan agreement show",
    ),
}
