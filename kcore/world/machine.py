"""Machine: a computer that pods run on, and the addresses that it hands out.

Models power, the network links to the control plane and to other machines, the container runtime, and a block of 253
pod addresses that are handed out in a circle, so that a replaced pod gets another address than its predecessor; and
what is taken of its memory and disk by something that is no pod.

Not modelled: the kernel, IPv6.

Upstream: https://github.com/containernetworking/plugins/blob/v1.6.0/plugins/ipam/host-local/backend/allocator/allocator.go
"""

from __future__ import annotations

from collections.abc import Container as Holding
from typing import NamedTuple

import attrs

from kcore.api.core.pod import Pod
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.client.instant import Instant
from kcore.errors import MisuseError

BLOCK = 253
"""How many pods of a machine can have an address at a time: .2 to .254."""


class Shutdown(NamedTuple):
    """How far the shutdown of a machine has come: the group of pods that is ended, -1 for none yet, and since when."""

    group: int
    since: Instant


@attrs.frozen(kw_only=True)
class Machine:
    """A machine; `prefix` is the block of its pods' addresses, "10.244.0.".

    `unreachable` names the machines that what is sent from here does not get to, nor back. `taken` is what something
    that is no pod takes, in bytes by the name of the resource. The `static_pods` are those of the manifests on its
    disk. A `shutdown` is under way where somebody has told the machine to go off.
    """

    name: str
    prefix: str
    powered: bool = True
    connected: bool = True
    unreachable: frozenset[str] = frozenset()
    runtime_up: bool = True
    taken: FrozenMap[int] = EMPTY
    static_pods: tuple[Pod, ...] = ()
    shutdown: Shutdown | None = None

    @property
    def runs_containers(self) -> bool:
        """Tell whether containers can be started and stopped."""
        return self.powered and self.runtime_up


def pod_prefix(number: int) -> str:
    """Return the block of addresses of the machine `number` (from 0); MisuseError beyond 61,440 machines."""
    second, third = divmod(number, 256)
    if not 0 <= second < len(_SECOND_OCTETS):
        raise MisuseError(f"there are pod addresses for {256 * len(_SECOND_OCTETS)} machines, not for number {number}")
    return f"10.{_SECOND_OCTETS[second]}.{third}."


def free_address(prefix: str, handed_out: int, taken: Holding[str]) -> tuple[str, int] | None:
    """Return the next address that is not `taken`, and how many were handed out then; None when all are taken."""
    for number in range(handed_out, handed_out + BLOCK):
        address = f"{prefix}{2 + number % BLOCK}"
        if address not in taken:
            return address, number + 1
    return None


_SECOND_OCTETS = (*range(244, 256), *range(112, 244), *range(96))
"""10.244.0.0/16 first, as is usual, then the rest of 10.0.0.0/8 but for the Services' 10.96.0.0/12."""
