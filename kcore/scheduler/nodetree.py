"""Node tree: the order in which nodes are looked at where not all of them are.

Models that zones take turns: the first node of each, then the second of each, until all are listed. Within a zone, and
among zones, the order is that of names, where upstream goes by who came first.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/cache/node_tree.go
"""

from __future__ import annotations

from functools import lru_cache

import attrs

from kcore.api.frozenmap import FrozenMap
from kcore.scheduler.history import History
from kcore.scheduler.tally import Nodes

_ZONE = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_REGION = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")


@attrs.frozen
class Fleet:
    """The nodes themselves after a history of their own: two with one history are one."""

    history: History
    cluster: Nodes = attrs.field(eq=False, repr=False)


@lru_cache(maxsize=16)
def in_turns(fleet: Fleet) -> tuple[str, ...]:
    """Return the names of the nodes in the order in which they are looked at."""
    zones: dict[tuple[str, str], list[str]] = {}
    for node in fleet.cluster.nodes:
        meta = node.node.metadata
        zones.setdefault((_first(_REGION, meta.labels), _first(_ZONE, meta.labels)), []).append(meta.name)
    ranked = [(place, zone, name) for zone, names in enumerate(zones.values()) for place, name in enumerate(names)]
    return tuple(name for _, _, name in sorted(ranked))


def _first(keys: tuple[str, ...], labels: FrozenMap[str]) -> str:
    """Return the value of the first label that is there, "" for none."""
    return next((labels[key] for key in keys if key in labels), "")
