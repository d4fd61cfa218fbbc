"""Ingresses: whether each path leads to a pod that answers, as the cluster has come up.

Models a controller on the first node, in the node's own network. Policies that keep it out are no fault of an Ingress:
where a real controller runs, they may let it in.

Not modelled: the controllers of certain classes; each Ingress is read by a controller of its own class.
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.convert import to_wire
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.cluster.network import network_of
from kcore.cluster.state import ClusterState
from kcore.machine import Culprits, Finding
from kcore.network.network import Network
from kcore.network.path import Client, path_by_ingress


def routed_now(state: ClusterState, ingress: ApiObject) -> Finding:
    """Tell whether each host and path of an Ingress leads to a pod that answers."""
    network = network_of(state)
    controller = _controller(network)
    if controller is None:
        return True
    spec = to_wire(ingress).get("spec") or {}
    for host, path in _claims(spec):
        found = path_by_ingress(network, controller, host, path, str(spec.get("ingressClassName") or ""))
        if not found.answered and not any(one.policies for one in found.arrivals):
            return Culprits(f"{host}{path}: {found.why_not}", str(key_of(ingress)))
    return True


def _controller(network: Network) -> Client | None:
    node = next((name for name in sorted(network.tables) if network.is_on(name)), None)
    address = next((held for name, held in network.node_addresses() if name == node), "")
    return None if node is None else Client(node=node, address=address)


def _claims(spec: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each host and path that an Ingress has a rule for; a host of any first label stands for one."""
    for rule in spec.get("rules") or ():  # type: ignore[attr-defined]  # a list of objects, as validated
        host = str(rule.get("host") or "any.example").replace("*", "any")
        for path in (rule.get("http") or {}).get("paths") or ():
            yield host, str(path.get("path") or "/")
