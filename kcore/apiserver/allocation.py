"""Allocation: the cluster IPs and node ports that Services get.

Models one allocator over the store's indexes: an address or port is taken as long as a Service has it, and free again
when none does. What the server chooses is the next free one of the upper band, where upstream draws one at random from
there, and of the lower band when that is full.

Not modelled: IPv6, and the ServiceCIDR objects by which ranges grow.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/service/storage/alloc.go
"""

from __future__ import annotations

import functools
import ipaddress

import attrs

from kcore.api.evolve import evolve
from kcore.apiserver.config import ApiServerConfig
from kcore.apiserver.store import Minted, Store

TAKEN_ADDRESS = "failed to allocate IP {0}: provided IP is already allocated"
OUTSIDE_ADDRESS = (
    "failed to allocate IP {0}: the provided IP ({0}) is not in the valid range. The range of valid IPs is {1}"
)
TAKEN_PORT = "provided port is already allocated"
OUTSIDE_PORT = "provided port is not in the valid range. The range of valid ports is {0}-{1}"


@attrs.frozen
class Range:
    """The numbers from `first` to `last`; those from `band` on are handed out before those below."""

    first: int
    last: int
    band: int

    def nth(self, count: int) -> int:
        """Return the number that stands at place `count`, after all come the first again."""
        place = count % (self.last - self.first + 1)
        upper = self.last - self.band + 1
        return self.band + place if place < upper else self.first + place - upper


class Allocator:
    """The allocator of one request: what it grants is taken at once for the rest of the request."""

    def __init__(self, store: Store, config: ApiServerConfig) -> None:
        """Begin with what the Services of `store` have."""
        self._store = store
        self._config = config
        self._granted: set[tuple[str, str]] = set()
        self._addresses = store.minted.addresses
        self._node_ports = store.minted.node_ports

    @property
    def minted(self) -> Minted:
        """The counters of the store as they are after this request."""
        return evolve(self._store.minted, addresses=self._addresses, node_ports=self._node_ports)

    def cluster_ip(self, wanted: str) -> tuple[str, str]:
        """Grant the address `wanted`, a free one for "": the address and "", or `wanted` and why not."""
        of = _addresses(self._config.service_cluster_ip_range)
        if wanted:
            return self._wanted_address(wanted, of)
        for _ in range(of.last - of.first + 1):
            address = str(ipaddress.IPv4Address(of.nth(self._addresses)))
            self._addresses += 1
            if self._grant("address", address):
                return address, ""
        return wanted, "failed to allocate a serviceIP: range is full"

    def node_port(self, wanted: int, protocol: str) -> tuple[int | str, str]:
        """Grant the port `wanted` for `protocol`, a free one for 0: the port and "", or `wanted` and why not.

        One Service may have a port for several protocols, two may not share one.
        """
        of = _node_ports(self._config.service_node_port_range)
        if wanted:
            return self._wanted_port(wanted, protocol, of)
        for _ in range(of.last - of.first + 1):
            port = of.nth(self._node_ports)
            self._node_ports += 1
            if self._grant("node port", str(port)):
                return port, ""
        return wanted, "failed to allocate a nodePort: range is full"

    def _wanted_address(self, wanted: str, of: Range) -> tuple[str, str]:
        number = int(ipaddress.ip_address(wanted))
        if not of.first <= number <= of.last:
            return wanted, OUTSIDE_ADDRESS.format(wanted, self._config.service_cluster_ip_range)
        return wanted, "" if self._grant("address", wanted) else TAKEN_ADDRESS.format(wanted)

    def _wanted_port(self, wanted: int, protocol: str, of: Range) -> tuple[int, str]:
        if not of.first <= wanted <= of.last:
            return wanted, OUTSIDE_PORT.format(of.first, of.last)
        if ("node port", str(wanted)) in self._granted and (protocol, str(wanted)) not in self._granted:
            self._granted.add((protocol, str(wanted)))
            return wanted, ""
        if not self._grant("node port", str(wanted)):
            return wanted, TAKEN_PORT
        self._granted.add((protocol, str(wanted)))
        return wanted, ""

    def _grant(self, index: str, value: str) -> bool:
        """Take `value` unless it is taken."""
        if (index, value) in self._granted or self._store.indexes.found((index, value)):
            return False
        self._granted.add((index, value))
        return True


@functools.cache
def _addresses(cidr: str) -> Range:
    """Return the usable addresses of a range: without the network's own and the broadcast address."""
    network = ipaddress.IPv4Network(cidr)
    return _range(int(network.network_address) + 1, int(network.broadcast_address) - 1, step=16, most=256)


@functools.cache
def _node_ports(ports: tuple[int, int]) -> Range:
    return _range(*ports, step=32, most=128)


def _range(first: int, last: int, *, step: int, most: int) -> Range:
    """Return a range whose lower band is one `step`-th of it: 16 at least, `most` at most, none of a small range."""
    size = last - first + 1
    return Range(first, last, first + (min(max(16, size // step), most) if size > 16 else 0))
