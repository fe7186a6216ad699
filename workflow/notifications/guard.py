"""Where a webhook may go: hosts that were named, on addresses that are public. Nothing typed into a page is ever connected to.

The name is resolved once and the connection made to that address, so no second answer of a name server is ever believed.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

ROBOTS = frozenset({"oapi.dingtalk.com", "qyapi.weixin.qq.com", "open.feishu.cn"})
"""The robots' own hosts; any other has to be named in BANGFU_WEBHOOK_HOSTS."""
_TRANSLATED = ip_network("64:ff9b::/96")
Resolve = Callable[..., Iterable[Any]]


class NotAllowed(Exception):
    """The host was not named, or leads where a webhook must not go. Says which host, never which path or key."""


def address(host: str, port: int, named: frozenset[str], resolve: Resolve = socket.getaddrinfo) -> str:
    """Return the one address to connect to. Raises `NotAllowed`, or OSError where the name is not known.

    `named` are hosts of the house's own network: only those may lie on a private address. Link-local addresses, where
    clouds keep their secrets, and groups are refused to everybody.
    """
    if host not in ROBOTS and host not in named:
        raise NotAllowed(f"{host} 不在允许的主机之内 host not named")
    found = [_plain(ip_address(str(row[4][0]).partition("%")[0])) for row in resolve(host, port, type=socket.SOCK_STREAM)]
    if not found:
        raise NotAllowed(f"{host} 没有地址 no address")
    for one in found:
        # One bad address among good ones is how a name server would slip it in: all must do.
        if one.is_link_local or one.is_multicast or one.is_unspecified or one.is_reserved and not one.is_loopback:
            raise NotAllowed(f"{host} 指向禁止的地址 forbidden address")
        if not one.is_global and host not in named:
            raise NotAllowed(f"{host} 指向内网 private network")
    return str(found[0])


def _plain(one: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that hides in an IPv6 one, or the address itself."""
    if isinstance(one, IPv4Address):
        return one
    if one in _TRANSLATED:
        return IPv4Address(int(one) & 0xFFFFFFFF)
    teredo = one.teredo
    return one.ipv4_mapped or one.sixtofour or (teredo[1] if teredo else one)
