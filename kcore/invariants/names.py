"""What holds of answers that nodes keep for names, and what is asked of them: they may be of the past, but not long.

Two worlds: what the DNS server says now, and what a node still gives its pods because it was said before. A pod of a
headless Service that is replaced has another address; who keeps the old answer sends to nobody, or to somebody else.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/cluster/addons/dns/nodelocaldns/README.md
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.client.component import ComponentKey
from kcore.cluster.network import CACHE, network_of
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.machine import Culprits, Finding
from kcore.network.dns import TTL, resolve
from kcore.network.nodelocaldns import DENIAL, Kept

_ADDON = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/cluster/addons/dns/nodelocaldns/nodelocaldns.yaml"


def answers_are_kept_for_a_while(state: ClusterState) -> Finding:
    """Tell whether no answer is kept for longer than answers of its kind may be."""
    for node, name, kept in _kept(state):
        most = 1000 * (DENIAL if kept.answer.refusal else TTL)
        if kept.until - state.now > most:
            left = (kept.until - state.now) // 1000
            return Culprits(f"it is kept for {left} s more on {node}, and may be for {most // 1000}", name)
        if kept.until < state.now:
            return Culprits(f"it is kept on {node} beyond its time", name)
    return True


def kept_answers_are_of_the_present(state: ClusterState) -> Finding:
    """Tell whether each answer that a node keeps is what the DNS server says now."""
    network = network_of(state)
    for node, name, kept in _kept(state):
        if network.names is not None:
            now = resolve(network.names, name)
            before = kept.answer
            if (now.addresses, now.targets, now.canonical) != (before.addresses, before.targets, before.canonical):
                said = ", ".join(before.addresses) or before.canonical or before.refusal
                return Culprits(f"on {node} it is still answered with {said}", name)
    return True


def _kept(state: ClusterState) -> Iterator[tuple[str, str, Kept]]:
    """Yield each answer that a node keeps, with the node and the full name, sorted."""
    for node in sorted(state.world.machines):
        process = state.processes.get(ComponentKey(CACHE, node))
        if process is not None:
            for key in sorted(process.memory):
                found = process.memory[key]
                if isinstance(found, Kept):
                    yield node, key[-1], found


def _something_is_kept(state: ClusterState) -> Finding:
    return any(True for _ in _kept(state))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "answers-are-kept-for-a-while",
        "A node keeps an answer for a name for 30 s at most, and that there is none for 5 s.",
        answers_are_kept_for_a_while,
        _something_is_kept,
        upstream=_ADDON,
    ),
    question(
        "kept-answers-are-of-the-present",
        "Whatever a node keeps of a name is what the DNS server would say now.",
        kept_answers_are_of_the_present,
        _something_is_kept,
        assumes=("pods keep their addresses, or are not found by headless names",),
        upstream=_ADDON,
    ),
)
