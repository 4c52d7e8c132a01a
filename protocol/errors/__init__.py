"""Every refusal, by who is at fault.

The first letter of a code says it, and names the module that holds its row: ``T`` transport (try again),
``A`` authentication, ``P`` exchange, ``G`` agreement, ``S`` schema, ``R`` resource, ``D`` domain (what a person asked
for; five modules by what it is about), ``I`` internal (ours). ``codes.CODES`` is the whole list, with what a person
reads in Chinese and in English and what they should do next::

    raise refuse("P-id-reused", message=message_id)

Facts are ids, positions, counts, rows; never personal data, since errors are logged.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gongguan.protocol.errors.code import Code


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
        row = row_of(self.code)
        return row.zh if language == "zh" else row.en

    def next_step(self, language: str = "zh") -> str:
        """What the reader should do now."""
        row = row_of(self.code)
        return row.next_zh if language == "zh" else row.next_en


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


def row_of(code: str) -> "Code":
    """What a person reads. Only here are the rows loaded: a command to which nothing is refused needs none."""
    from gongguan.protocol.errors.codes import CODES  # noqa: PLC0415

    return CODES[code]


def refuse(code: str, **facts: object) -> ProtocolError:
    """The error for ``code``, of the class that its first letter names. The caller raises it."""
    return FAULT[code[0]](code, **facts)
