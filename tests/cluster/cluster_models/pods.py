"""Searches of small clusters of bare pods, and what they come to."""

from __future__ import annotations

from cluster_models.small import applied, booted, pod
from kcore.api.convert import to_wire
from kcore.cluster.fingerprint import Fingerprinter
from kcore.machine import Start, TableSystem

MINTED = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "podIP",
    "podIPs",
    "startTime",
    "lastTransitionTime",
    "startedAt",
}


def bare_pods(timing, *, pods=1, nodes=1, budget=None, components=()):
    """The model and the search of a cluster to which bare pods were just applied."""
    model, state = booted(*components, nodes=nodes, timing=timing, budget=budget)
    state = applied(model, state, *(pod(f"p{number}") for number in range(pods)))
    return model, TableSystem(model.table, {Start("bare pods"): state}, Fingerprinter())


def outcome(state, *, placed=True):
    """The pods as the API shows them without uids, revisions, addresses and times, and nodes if not `placed`."""
    hidden = MINTED | (set() if placed else {"nodeName", "hostIP", "hostIPs"})
    return str([_shown(to_wire(found), hidden) for found in state.store.list("Pod")])


def _shown(value, hidden):
    if isinstance(value, dict):
        return {name: _shown(value[name], hidden) for name in sorted(value) if name not in hidden}
    return [_shown(one, hidden) for one in value] if isinstance(value, list) else value
