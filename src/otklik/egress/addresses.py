"""Which addresses may be reached: global unicast only, after taking embedded IPv4 addresses out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IP = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
PORTS = (80, 443, 8080, 8443)  # other ports need an administrator's word


class Refused(Exception):
    """The target may not be reached; ``rule`` names why, for the log and for the person who set it."""

    def __init__(self, rule: str, target: str) -> None:
        super().__init__(f"{rule}: {target}")
        self.rule, self.target = rule, target


@dataclass(frozen=True, slots=True)
class Allowed:
    """An administrator's word: this network may be reached on this port (0: any port)."""

    network: Network
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """From ``10.1.2.0/24:8443`` or ``[fd00::/8]:443``; without a port: any. Raises ValueError."""
        network, port = text.strip(), 0
        if network.startswith("["):
            network, _, rest = network[1:].partition("]")
            port = int(rest[1:]) if rest else 0
        elif network.count(":") == 1:
            network, _, rest = network.partition(":")
            port = int(rest)
        if not 0 <= port < 65536:
            raise ValueError(f"not a port: {port}")
        return cls(ip_network(network), port)

    def covers(self, address: IP, port: int) -> bool:
        """True if the address on that port is meant."""
        return address.version == self.network.version and address in self.network and self.port in (0, port)


# RFC 6890 and its successors, IANA special-purpose registries: everything that is not plain global unicast. Written
# out, because ipaddress.is_private misses 100.64.0.0/10 and is_global is no firewall.
_SPECIAL_4_TEXT = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
240.0.0.0/4"""
_SPECIAL_6_TEXT = "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 3ffe::/16"
_SPECIAL_4 = tuple(IPv4Network(text) for text in _SPECIAL_4_TEXT.split())
_SPECIAL_6 = tuple(IPv6Network(text) for text in _SPECIAL_6_TEXT.split())
_GLOBAL_6 = IPv6Network("2000::/3")
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def embedded(address: IP) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address carries: mapped, compatible, 6to4, Teredo, NAT64, ISATAP; else None."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _NAT64) or int(address) >> 32 == 0:
        return low
    if (int(address) >> 32) & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE):  # ISATAP, RFC 5214 §6.1
        return low
    return None


def special(address: IP) -> str:
    """Why an address may not be reached: the name of the rule, or "" for plain global unicast."""
    if isinstance(address, IPv4Address):
        return "special_range" if any(address in network for network in _SPECIAL_4) else ""
    inner = embedded(address)
    if inner is not None:
        return "embedded_ipv4"  # also when the inner one is global: a transition route leads we know not where
    if address.scope_id or address not in _GLOBAL_6 or any(address in network for network in _SPECIAL_6):
        return "special_range"
    return ""


def check(host: str, addresses: Iterable[str], port: int, allowed: Iterable[Allowed] = ()) -> str:
    """The one address to connect to, when *every* address of the host may be reached on the port; raises Refused."""
    words = tuple(allowed)
    found = [ip_address(text) for text in addresses]
    if not found:
        raise Refused("no_address", host)
    for address in found:
        inner = embedded(address)
        if any(word.covers(address, port) or (inner and word.covers(inner, port)) for word in words):
            continue
        if rule := special(address):
            raise Refused(rule, f"{host} → {address}")
        if port not in PORTS:
            raise Refused("port", f"{host}:{port}")
    return str(found[0])
