"""Thresholds: how little of a resource is too little on a node, and what the node says of itself then.

Models the hard thresholds of memory and disk with upstream's defaults, and those that a configuration gives in their
place, as a quantity or a share of what the node has; a signal that is not given is not watched then.

Not modelled: soft thresholds, minimum reclaims, inodes and processes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/eviction/defaults_linux.go
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from kcore.api.quantity import Quantity, QuantityError
from kcore.world.usage import DISK, MEMORY

MEMORY_PRESSURE = "MemoryPressure"
DISK_PRESSURE = "DiskPressure"
PID_PRESSURE = "PIDPressure"

PRESSURES = (MEMORY_PRESSURE, DISK_PRESSURE, PID_PRESSURE)


class Signal(NamedTuple):
    """What is watched: the `resource` that a `condition` is about, and how little of it is too little.

    That is `least` bytes, or a `share` of what the node has, a number as upstream holds it.
    """

    name: str
    condition: str
    resource: str
    least: int = 0
    share: float = 0.0

    def threshold(self, capacity: int) -> int:
        """Return how many bytes of `capacity` have to be available."""
        return self.least or int(capacity * self.share)


def thresholds(given: Mapping[str, str]) -> tuple[Signal, ...]:
    """Return the signals to watch: those of `given`, by name, or the default ones where nothing is given.

    ValueError for a signal that is not known, and for what is neither a quantity nor a share ("15%").
    """
    if not given:
        return SIGNALS
    known = {one.name: one for one in SIGNALS}
    unknown = sorted(set(given) - set(known))
    if unknown:
        message = f"no signal is called {unknown[0]!r}; there are {', '.join(known)}"
        raise ValueError(message)
    return tuple(_with_threshold(one, given[name]) for name, one in known.items() if name in given)


def _with_threshold(signal: Signal, text: str) -> Signal:
    """Return the signal with the threshold that `text` says."""
    try:
        if text.endswith("%"):
            return signal._replace(least=0, share=_single(float(text[:-1]) / 100))
        return signal._replace(least=Quantity.parse(text).value, share=0.0)
    except (QuantityError, ValueError):
        message = f"{text!r} is neither a quantity such as 100Mi nor a share such as 15%"
        raise ValueError(message) from None


def _single(share: float) -> float:
    """Return a number as it is with 32 bits, which upstream holds shares in."""
    (rounded,) = struct.unpack("f", struct.pack("f", share))
    return float(rounded)


SIGNALS = (
    Signal("memory.available", MEMORY_PRESSURE, MEMORY, least=100 << 20),
    Signal("nodefs.available", DISK_PRESSURE, DISK, share=0.10000000149011612),
    Signal("imagefs.available", DISK_PRESSURE, DISK, share=0.15000000596046448),
)
"""The signals in the order in which they are heeded, with upstream's hard thresholds: 100Mi, 10 % and 15 %.

Images are on the disk of the node, so that the third is met before the second. Processes have no threshold by default.
"""
