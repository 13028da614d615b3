"""Where a service listens: by the old addresses and by the new ones, and which ports are free."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Final

from features.errors import BadInput

ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Every address of a machine, and the one by which that machine reaches itself."""


def reachable(host: str) -> str:
    """Name the address by which this machine reaches what listens on a host.

    >>> reachable("::"), reachable("10.0.0.7")
    ('::1', '10.0.0.7')
    """
    return ANY_ADDRESS.get(host, host)


def origin_of(host: str, port: int) -> str:
    """Write the origin of a service; an address of the new kind stands in brackets.

    >>> origin_of("127.0.0.1", 3000), origin_of("::1", 3000)
    ('http://127.0.0.1:3000', 'http://[::1]:3000')
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_free(host: str, port: int) -> bool:
    """Whether a service can listen on a port of every address that the host means.

    Raises
    ------
    BadInput
        A host that means no address of this machine's kinds.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise BadInput("an address or a name of this machine in --host", repr(host)[:50],
                       "leave it out for 127.0.0.1") from error
    return all(_binds(family, address) for family, _, _, _, address in found)


def _binds(family: socket.AddressFamily, address: tuple[object, ...]) -> bool:
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True
