"""IP addresses and ranges, in the words of the API.

Models the strict reading: an IPv4 address has no leading zeros. Does not model the leniency towards old objects that
already hold such an address.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Sequence
from typing import TypeAlias

from kcore.apiserver.field import Errors, invalid, invalid_each

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

NO_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NO_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_LINK_LOCAL_MULTICAST = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"))


@functools.lru_cache(maxsize=1 << 14)
def parse_ip(value: str) -> Address | None:
    """Return the address that `value` writes, None when it writes none; an IPv6 zone is none."""
    try:
        return None if "%" in value else ipaddress.ip_address(value)
    except ValueError:
        return None


def parse_cidr(value: str) -> Network | None:
    """Return the range that `value` writes, whatever its host bits; None when it writes none."""
    if "%" in value or not re.fullmatch(".+/[0-9]+", value):
        return None
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def ip(value: str, path: str) -> Errors:
    """Yield the error of what must be an IP address."""
    if parse_ip(value) is None:
        yield invalid(path, value, NO_IP)


def cidr(value: str, path: str) -> Errors:
    """Yield the error of what must be a range of addresses."""
    if parse_cidr(value) is None:
        yield invalid(path, value, NO_CIDR)


def non_special_ip(value: str, path: str) -> Errors:
    """Yield the errors of an address that may be no endpoint: unspecified, loopback or link-local."""
    yield from invalid_each(path, value, _special(value))


@functools.lru_cache(maxsize=1 << 14)
def _special(value: str) -> tuple[str, ...]:
    """Return why an address may be no endpoint."""
    address = parse_ip(value)
    if address is None:
        return ("must be a valid IP address",)
    found = (
        (address.is_unspecified, f"may not be unspecified ({value})"),
        (address.is_loopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (address.is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (_is_multicast(address), "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    )
    return tuple(problem for holds, problem in found if holds)


def _is_multicast(address: Address) -> bool:
    """Tell whether an address is one of link-local multicast."""
    return any(address in network for network in _LINK_LOCAL_MULTICAST if network.version == address.version)


def is_dual_stack(values: Sequence[str]) -> bool:
    """Tell whether addresses or ranges of both families are among `values`."""
    found = [parse_ip(value) or parse_cidr(value) for value in values]
    return {one.version for one in found if one} == {4, 6}
