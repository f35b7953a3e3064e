"""Loopback ports that are free now, the ones of last time where possible."""

import socket
from collections.abc import Mapping

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port at this moment.

    SO_REUSEADDR as servers set it: without it the closed connections of a stack stopped a second ago would
    make its ports look taken. Nothing is reserved: another program may take the port before it is used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_ports(names: tuple[str, ...], previous: Mapping[str, int]) -> dict[str, int]:
    """One free port per name, no two equal; a port in `previous` is kept if it is still free."""
    chosen: dict[str, int] = {}
    for name in names:
        before = previous.get(name, 0)
        keep = before and before not in chosen.values() and is_free(before)
        chosen[name] = before if keep else _any_free_port(taken=set(chosen.values()))
    return chosen


def _any_free_port(taken: set[int]) -> int:
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port
