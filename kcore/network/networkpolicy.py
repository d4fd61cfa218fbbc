"""NetworkPolicy: whether one end may talk to another.

Models that a pod which a policy selects for a direction may only talk as some such policy allows, that others may talk
to anybody, and that a connection needs leave at both ends, but for one of a pod with itself or with the node that it is
on, which nothing forbids; peers by pod and namespace labels and by address ranges with
exceptions, ports by number, range and name.

Not modelled: connections that outlive a change of policy, and networks that enforce no policies.

Upstream: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kcore.api.convert import to_wire
from kcore.api.core.pod import Pod
from kcore.api.json import Wire
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import from_label_selector
from kcore.apiserver.validation.network import parse_cidr, parse_ip
from kcore.client.view import View

INGRESS, EGRESS = "Ingress", "Egress"


@attrs.frozen(kw_only=True)
class Peer:
    """One end of a connection: a pod, or an address, which may be that of a `node`."""

    address: str = ""
    pod: Pod | None = None
    node: str = ""

    @classmethod
    def of(cls, pod: Pod) -> Peer:
        """Return the end that is a pod."""
        return cls(address=pod.status.pod_ip, pod=pod)

    def __str__(self) -> str:
        """Return "Pod/web-1", or the address."""
        return self.address if self.pod is None else str(key_of(self.pod))


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether a connection is allowed; if not, at which end, and by which policies."""

    allowed: bool = True
    refusal: str = ""
    policies: tuple[ObjectKey, ...] = ()


ALLOWED = Verdict()


def allowed(view: View, source: Peer, to: Peer, port: int, protocol: str = "TCP") -> Verdict:
    """Return whether `source` may connect to `to` at `port`, by the policies that the network has heard of."""
    if source.pod is not None and to.pod is not None and key_of(source.pod) == key_of(to.pod):
        return ALLOWED
    for direction, own, other in ((EGRESS, source, to), (INGRESS, to, source)):
        verdict = _leave(view, direction, own, other, _Port(port, protocol, to.pod))
        if not verdict.allowed and not _is_at_home(own, other):
            return verdict
    return ALLOWED


def _is_at_home(own: Peer, other: Peer) -> bool:
    """Tell whether the other end of a pod's connection is the node that the pod is on."""
    return own.pod is not None and bool(other.node) and other.node == own.pod.spec.node_name


@attrs.frozen
class _Port:
    """The port of a connection, and the pod that has it, whose names for ports count."""

    number: int
    protocol: str
    pod: Pod | None

    def named(self, name: str) -> bool:
        containers = () if self.pod is None else self.pod.spec.containers
        ports = [port for container in containers for port in container.ports if port.name == name]
        return any(one.container_port == self.number and (one.protocol or "TCP") == self.protocol for one in ports)


def _leave(view: View, direction: str, own: Peer, other: Peer, port: _Port) -> Verdict:
    """Return whether the end `own` may talk to `other` in a direction."""
    if own.pod is None:
        return ALLOWED
    policies = isolating(view, direction, own.pod)
    if not policies:
        return ALLOWED
    for policy in policies:
        rules = _spec(policy).get(direction.lower()) or ()
        if any(_rule(view, policy, direction, rule, other, port) for rule in rules):
            return ALLOWED
    keys = tuple(map(key_of, policies))
    names = ", ".join(key.name for key in keys)
    way = f"{direction.lower()} {'from' if direction == INGRESS else 'to'} {other}"
    return Verdict(allowed=False, refusal=f"{own} is isolated by {names}: no rule allows {way}", policies=keys)


def isolating(view: View, direction: str, pod: Pod) -> Sequence[ApiObject]:
    """Return the policies that select `pod` for a direction; where there are none it may talk to anybody."""
    found = view.list("NetworkPolicy", pod.metadata.namespace)
    return [one for one in found if direction in _types(_spec(one)) and _selects(_spec(one).get("podSelector"), pod)]


def _types(spec: Wire) -> Sequence[str]:
    """Return the directions that a policy is about: those it says, else ingress, and egress where it has rules."""
    return spec.get("policyTypes") or ((INGRESS, EGRESS) if spec.get("egress") else (INGRESS,))


def _rule(view: View, policy: ApiObject, direction: str, rule: Mapping[str, Any], other: Peer, port: _Port) -> bool:
    """Tell whether one rule allows a connection: no peers and no ports mean all of them."""
    peers = rule.get("from" if direction == INGRESS else "to") or ()
    ports = rule.get("ports") or ()
    return (not peers or any(_peer(view, policy, one, other) for one in peers)) and (
        not ports or any(_port(one, port) for one in ports)
    )


def _peer(view: View, policy: ApiObject, peer: Mapping[str, Any], other: Peer) -> bool:
    block = peer.get("ipBlock")
    if block is not None:
        return _in_block(block, other.address)
    if other.pod is None or other.pod.spec.host_network:
        return False
    namespaces = peer.get("namespaceSelector")
    if namespaces is None:
        if other.pod.metadata.namespace != policy.metadata.namespace:
            return False
    else:
        namespace = view.get(ObjectKey("Namespace", "", other.pod.metadata.namespace))
        if namespace is None or not _selects(namespaces, namespace):
            return False
    return peer.get("podSelector") is None or _selects(peer["podSelector"], other.pod)


def _in_block(block: Mapping[str, Any], address: str) -> bool:
    found, inside = parse_ip(address), parse_cidr(block.get("cidr", ""))
    if found is None or inside is None or found not in inside:
        return False
    excepted = (parse_cidr(one) for one in block.get("except") or ())
    return not any(one is not None and found in one for one in excepted)


def _port(wanted: Mapping[str, Any], port: _Port) -> bool:
    if wanted.get("protocol", "TCP") != port.protocol:
        return False
    value = wanted.get("port")
    if value is None:
        return True
    if isinstance(value, str):
        return port.named(value)
    return bool(value <= port.number <= (wanted.get("endPort") or value))


def _selects(selector: Mapping[str, Any] | None, obj: ApiObject) -> bool:
    return from_label_selector(dict(selector or {})).matches(obj.metadata.labels)


def _spec(policy: ApiObject) -> Wire:
    spec: Wire = to_wire(policy).get("spec") or {}
    return spec
