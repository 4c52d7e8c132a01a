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
        "检查对方地址是否填对，中间是否有代理改写内容",
        "check the address, and whether a proxy answers instead",
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
    "S-proof": Code("证明文件格式不对", "not a proof file", "请重新导出证明", "export the proof again"),
    # R: resources
    "R-too-large": Code("内容超过大小上限", "larger than the limit", "分成几份再发", "split it", advances=False),
    # P: protocol
    "P-proof": Code(
        "证明不成立", "the proof does not hold", "不要采信这份文件，请重新索取", "do not rely on it; ask again"
    ),
    "P-fork": Code(
        "对方在同一位置签了两份不同的记录",
        "two heads of one log at one size",
        "已保留证据并停止接收，请两边负责人通电话",
        "evidence kept, direction frozen: phone the partner",
        advances=False,
    ),
}
