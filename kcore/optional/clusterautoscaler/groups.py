"""Node groups: what kinds of machines the cloud has, and which of them are wanted.

The wish is a ConfigMap: by group the names of its machines, parted by spaces. A cloud boots those that are missing;
which one that is, is not the autoscaler's business.

Upstream: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/cloud_provider.go
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kcore.api.convert import structure
from kcore.api.core.configmap import ConfigMap
from kcore.api.core.node import Node
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store

WISHES = ObjectKey("ConfigMap", "kube-system", "cluster-autoscaler-machines")
NEXT = "next"
"""Under this key is the number of the next machine: no name is used twice."""

HOSTNAME = "kubernetes.io/hostname"


@attrs.frozen(kw_only=True)
class NodeGroup:
    """Alike machines: how many there are at least and at most, and the capacity, labels and taints of each."""

    name: str
    least: int = 0
    most: int
    capacity: FrozenMap[str]
    labels: FrozenMap[str] = EMPTY
    taints: tuple[FrozenMap[str], ...] = ()

    def node(self, name: str) -> Node:
        """Return the node that a machine of this group will be."""
        return structure(
            Node,
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": {HOSTNAME: name, **self.labels}},
                "spec": {"taints": [dict(one) for one in self.taints]},
                "status": {"capacity": dict(self.capacity), "allocatable": dict(self.capacity)},
            },
        )


@attrs.frozen(kw_only=True)
class Wishes:
    """The machines that are wanted, by group, and the number of the next one."""

    machines: Mapping[str, tuple[str, ...]] = EMPTY
    next: int = 1

    def plus(self, group: str) -> tuple[Wishes, str]:
        """Return the wishes with one machine more, and its name."""
        name = f"{group}-{self.next}"
        machines = {**self.machines, group: (*self.machines.get(group, ()), name)}
        return Wishes(machines=machines, next=self.next + 1), name

    def without(self, name: str) -> Wishes:
        """Return the wishes without a machine."""
        kept = {group: tuple(one for one in names if one != name) for group, names in self.machines.items()}
        return attrs.evolve(self, machines=kept)

    def data(self) -> dict[str, str]:
        """Return what the ConfigMap holds."""
        return {**{group: " ".join(names) for group, names in self.machines.items()}, NEXT: str(self.next)}


def wishes_of(store: Store) -> Wishes:
    """Return the wishes that a store holds."""
    found = store.get(WISHES)
    if not isinstance(found, ConfigMap):
        return Wishes()
    machines = {group: tuple(text.split()) for group, text in found.data.items() if group != NEXT}
    return Wishes(machines=machines, next=int(found.data.get(NEXT, "1")))
