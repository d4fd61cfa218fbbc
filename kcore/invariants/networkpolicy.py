"""What holds of NetworkPolicies: no pod reaches another one that they do not let it reach, whichever way it takes.

A pod that answers is looked at from both ends, by the labels that policies select alone: a way that some rule may allow
by ports with names or by address ranges is taken for allowed here.

Upstream: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kcore.api.convert import to_wire
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_label_selector
from kcore.cluster.network import network_of
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law
from kcore.invariants.pods import name
from kcore.invariants.unchanged import Unchanged
from kcore.machine import Culprits, Finding
from kcore.network.path import Client, path

Rule = Mapping[str, Any]


def policies_are_not_bypassed(state: ClusterState) -> Finding:
    """Tell whether each pod that answers another one may, by the rules for both."""
    if not state.store.list("NetworkPolicy"):
        return True
    network = network_of(state)
    pods = [one for one in _pods(state) if network.is_on(one.spec.node_name)]
    for source in pods:
        for target in pods:
            if source is not target and not _may_reach(state, source, target):
                for port in _ports(target):
                    if path(network, Client.of(source), target.status.pod_ip, port).answered:
                        return Culprits("it reaches one that no rule lets it reach", name(source), name(target))
    return True


def _pods(state: ClusterState) -> Iterator[Pod]:
    for one in state.store.list("Pod"):
        if isinstance(one, Pod) and one.status.pod_ip and not one.spec.host_network:
            yield one


def _ports(pod: Pod) -> list[int]:
    return [one.container_port for each in pod.spec.containers for one in each.ports] or [80]


def _may_reach(state: ClusterState, source: Pod, target: Pod) -> bool:
    """Tell whether the policies over both ends may allow a connection, at some port."""
    out = _rules(state, source, "Egress")
    into = _rules(state, target, "Ingress")
    return _some(state, out, "to", source, target) and _some(state, into, "from", target, source)


def _rules(state: ClusterState, pod: Pod, direction: str) -> list[Rule] | None:
    """Return the rules of the policies that isolate a pod for a direction, None when none does."""
    found: list[Rule] | None = None
    for one in state.store.list("NetworkPolicy", pod.metadata.namespace):
        spec = to_wire(one).get("spec") or {}
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        if direction in types and _selects(spec.get("podSelector"), pod.metadata.labels):
            found = [*(found or []), *(spec.get(direction.lower()) or [])]
    return found


def _some(state: ClusterState, rules: list[Rule] | None, field: str, own: Pod, other: Pod) -> bool:
    """Tell whether there are no rules to keep, or one of them has the other end among its peers."""
    return rules is None or any(
        not rule.get(field) or any(_is_peer(state, peer, own, other) for peer in rule[field]) for rule in rules
    )


def _is_peer(state: ClusterState, peer: Rule, own: Pod, other: Pod) -> bool:
    if "ipBlock" in peer:
        return True
    namespaces = peer.get("namespaceSelector")
    if namespaces is None and own.metadata.namespace != other.metadata.namespace:
        return False
    if namespaces is not None:
        space = state.store.get(ObjectKey("Namespace", "", other.metadata.namespace))
        if space is None or not _selects(namespaces, space.metadata.labels):
            return False
    return "podSelector" not in peer or _selects(peer["podSelector"], other.metadata.labels)


def _selects(selector: Rule | None, labels: Mapping[str, str]) -> bool:
    return from_label_selector(dict(selector or {})).matches(labels)


def _some_pair_is_kept_apart(state: ClusterState) -> Finding:
    if not state.store.list("NetworkPolicy"):
        return False
    pods = list(_pods(state))
    return any(
        not _may_reach(state, source, target) for source in pods for target in pods if key_of(source) != key_of(target)
    )


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "policies-are-not-bypassed",
        "No pod reaches another one that the NetworkPolicies over either do not let it reach.",
        Unchanged(policies_are_not_bypassed),
        _some_pair_is_kept_apart,
        assumes=("the network enforces policies, at once",),
        upstream="https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    ),
)
