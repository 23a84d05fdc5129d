"""Decides which network addresses this server may call for somebody else.

An admin of one account types the address of a webhook. Without this check, the server would call its own network for
them: other services on the machine, the database, or the metadata service of a cloud.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

REFUSED_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared between a provider and its customers; has the metadata service of one cloud
        "127.0.0.0/8",  # this machine
        "168.63.129.16/32",  # the metadata service of one cloud, at a public address
        "169.254.0.0/16",  # link-local; has the metadata service of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols; has the metadata service of one cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays into IPv6
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # measurements within a network
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
PUBLIC_V6: Final = IPv6Network("2000::/3")
"""The only range of IPv6 that is handed out for the public internet. All others are refused."""
REFUSED_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols, and tunnels such as Teredo, which contain an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # tunnels that contain an IPv4 address
        "3fff::/20",  # documentation
    )
)
TRANSLATED_V6: Final = IPv6Network("64:ff9b::/96")
"""NAT64: the last 32 bits are the IPv4 address that is called. Networks without IPv4 reach public hosts this way."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet. An IPv4 address inside of an IPv6 address is checked too."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in REFUSED_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in TRANSLATED_V6:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in PUBLIC_V6 and not any(address in network for network in REFUSED_V6)


def addresses_of(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    """Returns every address to which a name resolves, in the order in which the system would try them.

    Raises OSError if the name does not resolve. The system reads spellings such as `0x7f.1` as it would for a connection.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # Two kinds of lookup may give the same address. An address with a zone, such as fe80::1%eth0, keeps it.
    return [ip_address(text) for text in dict.fromkeys(str(name[0]) for *_kinds, name in found)]
