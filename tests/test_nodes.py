"""What tests with real nodes share: two of them at once, in two processes, must not get into each other's way."""

import socket

import pytest

from tests.nodes import free_port


def test_a_port_that_was_given_out_is_given_to_nobody_else_while_no_node_listens_on_it() -> None:
    number = free_port()
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", number))
    other_test_run = socket.socket(type=socket.SOCK_DGRAM)
    with other_test_run, pytest.raises(OSError, match="in use"):
        other_test_run.bind(("127.0.0.1", number))
