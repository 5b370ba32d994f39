"""Address spaces: how near to this machine an IP address is. Pure functions.

A server that supplies a URL, such as a redirect or the link of a file, could lead a client to machines that only the
client can reach. The transport checks each connection for such a URL against the space of the base URL.
"""

from __future__ import annotations

import socket
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address


class AddressSpace(IntEnum):
    """The space of an address, the nearest first. A URL of a server may lead to the same space or to a farther one."""

    LINK_LOCAL = 0
    LOOPBACK = 1
    PRIVATE = 2
    PUBLIC = 3

    @property
    def words(self) -> str:
        """Return the space for a message."""
        return "link-local" if self is AddressSpace.LINK_LOCAL else self.name.lower()


# Documentation networks (RFC 5737, RFC 3849) are in no one's internal network, although the standard library calls them
# private. They come first.
_SPACES: Final[list[tuple[AddressSpace, list[IPv4Network | IPv6Network]]]] = [
    (
        AddressSpace.PUBLIC,
        [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")],
    ),
    (AddressSpace.LOOPBACK, [ip_network(net) for net in ("127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128")]),
    (
        AddressSpace.LINK_LOCAL,
        # Multicast, reserved and broadcast addresses are no one's servers: they stand with link-local ones.
        [ip_network(net) for net in ("169.254.0.0/16", "224.0.0.0/3", "fe80::/10", "ff00::/8")],
    ),
    (
        AddressSpace.PRIVATE,
        [
            ip_network(net)
            for net in (
                "10.0.0.0/8",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "100.64.0.0/10",
                "192.0.0.0/24",
                "198.18.0.0/15",
                "fc00::/7",
                "fec0::/10",
            )
        ],
    ),
]

_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE: Final = IPv6Network("::/96")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)


def space_of(address: str | Address) -> AddressSpace:
    """Return the space of an IP address. An IPv4 address that is embedded in an IPv6 address counts.

    Args:
        address: the address, as text or an object; text may have a scope, such as ``fe80::1%eth0``.
    """
    if isinstance(address, str):
        address = ip_address(address.partition("%")[0])
    embedded = _embedded(address) if isinstance(address, IPv6Address) else []
    return min([_own_space(address), *map(_own_space, embedded)])


def _own_space(address: Address) -> AddressSpace:
    for space, networks in _SPACES:
        if any(address in network for network in networks if network.version == address.version):
            return space
    return AddressSpace.PUBLIC


def _embedded(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses to which a translator or tunnel may deliver packets for this address."""
    number = int(address)
    low = IPv4Address(number & 0xFFFF_FFFF)
    found: list[IPv4Address] = []
    if address.ipv4_mapped is not None or any(address in network for network in _NAT64):
        found.append(low)
    if address in _COMPATIBLE and number > 1:
        found.append(low)
    if number >> 80 & 0xFFFF_FFFF_FFFF == 0 and number >> 32 & 0xFFFF_FFFF == 0xFFFF_0000:  # ::ffff:0:a.b.c.d (SIIT)
        found.append(low)
    if number >> 32 & 0xFFFF_FFFF in _ISATAP:
        found.append(low)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found += address.teredo
    return found


def literal_address(host: str) -> Address | None:
    """Return the address that a host is, in any spelling that a resolver accepts; None if the host is a name.

    Args:
        host: as in a URL: ``10.0.0.5``, ``167772165``, ``0x0a.5``, ``012.0.0.5`` or ``[::1]``.
    """
    if host.startswith("["):
        return IPv6Address(host[1:-1].partition("%")[0])
    if not host.rstrip(".").rpartition(".")[2][:1].isdigit():  # the last label of a name starts with a letter
        return None
    try:
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def is_loopback_name(host: str) -> bool:
    """Return whether a name means this machine (RFC 6761, section 6.3)."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def known_space(host: str) -> AddressSpace | None:
    """Return the space of a host that needs no resolution: a literal address or a loopback name; None for others."""
    if is_loopback_name(host):
        return AddressSpace.LOOPBACK
    address = literal_address(host)
    return None if address is None else space_of(address)


def leads_nearer(target: AddressSpace, base: AddressSpace) -> bool:
    """Return whether an address space is nearer to this machine than that of the base URL.

    Link-local addresses, such as those of metadata services, stand apart: only a base URL there leads there.
    """
    if AddressSpace.LINK_LOCAL in (target, base):
        return target is not base and (target is AddressSpace.LINK_LOCAL or target is AddressSpace.LOOPBACK)
    return target < base


def refusal(shown: str, address: str | None, space: AddressSpace, base: AddressSpace) -> str:
    """Return the message for a URL that leads nearer than the base URL.

    Args:
        shown: the origin of the URL.
        address: the address to which its name resolves; None if the URL contains the address.
        space: of the address.
        base: the space of the base URL.
    """
    article = "a " if space is not AddressSpace.PUBLIC else ""
    target = (
        f"resolves to {address}, {article}{space.words} address" if address else f"is {article}{space.words} address"
    )
    return f"{shown} {target}, but the base URL is {base.words}; name it in servers= to allow it"
