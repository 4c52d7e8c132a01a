"""What a call is refused with."""

from collections.abc import Callable
from typing import Any

import pytest

from gongguan.protocol.errors import ProtocolError


def refused(call: Callable[..., object], *args: Any, **named: Any) -> ProtocolError:
    """The refusal itself; a call that is not refused fails the test."""
    with pytest.raises(ProtocolError) as caught:
        call(*args, **named)
    return caught.value


def refusal(call: Callable[..., object], *args: Any, **named: Any) -> str:
    """The code of the refusal."""
    return refused(call, *args, **named).code
