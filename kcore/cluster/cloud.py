"""The cloud: it boots the machines that a cluster autoscaler wants.

Models a rule of the cluster itself: whatever machine is wished for and not there joins, ready at once, when nothing
else is due.

Not modelled: the minutes that a machine takes to come, and clouds that have none to give.

Upstream: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/cloud_provider.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import attrs

from kcore.client.component import Components
from kcore.cluster.clock import idle
from kcore.cluster.nodes import NodeSpec, join
from kcore.cluster.state import ClusterState
from kcore.machine import Fairness, Note, Refusal, Rule, Step
from kcore.optional.clusterautoscaler.groups import NodeGroup, wishes_of

RULE = "cloud.boot_machine"


@attrs.frozen
class MachineBooted:
    """A machine of a group joins the cluster."""

    group: str
    name: str


def cloud_rule(components: Components, groups: Sequence[NodeGroup]) -> Rule[ClusterState, Any]:
    """Return the rule of a cloud that has machines of these groups."""
    return Rule(
        name=RULE,
        event=MachineBooted,
        guard=_refused,
        effect=partial(_boot, components, {one.name: one for one in groups}),
        choices=_wanted,
        fairness=Fairness.WEAK,
    )


def _wanted(state: ClusterState) -> Sequence[MachineBooted]:
    if not idle(state):
        return ()
    wishes = wishes_of(state.store)
    return [
        MachineBooted(group, name)
        for group in sorted(wishes.machines)
        for name in wishes.machines[group]
        if name not in state.world.machines
    ]


def _refused(state: ClusterState, event: MachineBooted) -> Refusal | None:
    if event.name in state.world.machines:
        return Refusal(RULE, "there is a machine of that name", machine=event.name)
    return None


def _boot(
    components: Components, groups: Mapping[str, NodeGroup], state: ClusterState, event: MachineBooted
) -> Step[ClusterState]:
    group = groups[event.group]
    spec = NodeSpec(name=event.name, capacity=group.capacity, labels=group.labels, taints=group.taints)
    return Step(join(state, components, spec), (Note("node.added", node=event.name),))
