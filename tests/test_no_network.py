"""Tests stay on this machine."""

import socket

import pytest


@pytest.mark.parametrize("how", ["connect", "connect_ex"])
def test_a_connection_to_elsewhere_is_refused(how: str) -> None:
    with socket.socket() as sock, pytest.raises(ConnectionRefusedError, match="tests stay on this machine"):
        getattr(sock, how)(("192.0.2.1", 80))


def test_a_connection_to_this_machine_is_not() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
