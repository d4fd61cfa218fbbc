"""Look up a name: a program in a pod asks what a name means, and its node keeps the answers.

Models what makes a DNS cache hold what may be of the past: each full name along the pod's search path is asked for
until one is answered, and every answer that is not kept yet is kept from now on. In a cluster whose nodes keep nothing
there is nothing to be done: who asks there is answered anew each time. A pod that policies keep from the DNS can't ask.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/cluster/addons/dns/nodelocaldns/README.md
"""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs

from kcore.api.core.pod import Pod
from kcore.client.component import ComponentKey
from kcore.cluster.network import CACHE, network_of
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Note, Refusal, Rule, Step
from kcore.network.dns import UNANSWERED, Answer, lookup_by
from kcore.network.networkpolicy import ALLOWED
from kcore.network.nodelocaldns import keeping, kept, key_of_name
from kcore.network.path import Client, may_ask

RULE = "users.look_up_name"


@attrs.frozen
class NameLookedUp:
    """A program in the pod asks for the name."""

    pod: Target
    name: str


def _refused(state: ClusterState, event: NameLookedUp) -> Refusal | None:
    bound = event.pod.bound(state)
    if bound is None:
        return Refusal(RULE, "no such pod is bound", pod=str(event.pod))
    if ComponentKey(CACHE, bound[0]) not in state.processes:
        return Refusal(RULE, "nothing on the node keeps answers", node=bound[0])
    pod = state.store.get(bound[1])
    verdict = may_ask(network_of(state), Client.of(pod)) if isinstance(pod, Pod) else ALLOWED
    return None if verdict.allowed else Refusal(RULE, verdict.refusal, pod=str(event.pod))


def _look_up(state: ClusterState, event: NameLookedUp) -> Step[ClusterState]:
    bound = event.pod.bound(state)
    if bound is None:
        return Step(state)
    node, pod = bound
    asked: dict[str, Answer] = {}
    answer = lookup_by(partial(_ask, state, node, asked), event.name, pod.namespace)
    process = ComponentKey(CACHE, node)
    for name, one in asked.items():
        held = None if one.refusal == UNANSWERED else keeping(one, state.now)
        if held is not None and kept(state.processes[process].memory, name, state.now) is None:
            before = state.processes[process]
            remembering = attrs.evolve(before, memory=before.memory.set(key_of_name(name), held))
            state = state.with_process(process, remembering).enqueue(process, key_of_name(name))
    said = answer.refusal or ", ".join(answer.addresses) or answer.canonical
    return Step(state, (Note("name.looked_up", pod=str(pod), name=event.name, answer=said),))


def _ask(state: ClusterState, node: str, asked: dict[str, Answer], name: str) -> Answer:
    """Return what is answered for a full name on a node, and remember that it was asked for."""
    asked[name] = network_of(state).answer(node, name)
    return asked[name]


def _no_choices(_: ClusterState) -> tuple[()]:
    return ()


def rule() -> Rule[ClusterState, Any]:
    """Return the rule."""
    return Rule(name=RULE, event=NameLookedUp, guard=_refused, effect=_look_up, choices=_no_choices)
