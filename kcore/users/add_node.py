"""Add a node: a machine joins the cluster.

Models what an operator or a cloud does; the node is ready at once.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs

from kcore.client.component import Components
from kcore.cluster.nodes import NodeSpec, join
from kcore.cluster.state import ClusterState
from kcore.machine import Note, Refusal, Rule, Step

RULE = "users.add_node"


@attrs.frozen
class NodeAdded:
    """The node joins the cluster."""

    node: NodeSpec


def _refused(state: ClusterState, event: NodeAdded) -> Refusal | None:
    name = event.node.name
    return Refusal(RULE, "there is a machine of that name", node=name) if name in state.world.machines else None


def _add(components: Components, state: ClusterState, event: NodeAdded) -> Step[ClusterState]:
    return Step(join(state, components, event.node), (Note("node.added", node=event.node.name),))


def _no_choices(_: ClusterState) -> tuple[()]:
    return ()


def rule(components: Components) -> Rule[ClusterState, Any]:
    """Return the rule, for a cluster whose processes are instances of `components`."""
    return Rule(name=RULE, event=NodeAdded, guard=_refused, effect=partial(_add, components), choices=_no_choices)
