"""What a scenario shows of the network: who gets a request and why, or why nobody does, and what a name means.

`route` is a request `from` a pod, a node or outside (`client-1`, `node/n1`, `outside/198.51.100.7`) `to` a host and
port: a name, an address, or what has one: `service/web:80`, `pod/web-1:8080`, `node/n1:30080`, `balancer/web:80`. It
`reaches` these pods and no others; `lost` says why some of the requests are, `refused` why all are, and `leaves` where
to. `ingress` is the same for a host and path, as the controllers of a class answer. `resolve` is a name that a pod asks
for. A client that asked `before` had its answer from that pod, and was `idle` since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.object import ObjectKey
from kcore.cluster.network import network_of
from kcore.cluster.state import ClusterState
from kcore.errors import InputError
from kcore.network.dns import Answer, lookup_by
from kcore.network.ingress import route_ingress
from kcore.network.network import Network
from kcore.network.path import Arrival, Client, Path, path, path_by_ingress, path_from_outside
from kcore.verify.matching import matches, not_these
from kcore.verify.moment import Moment
from kcore.verify.reader import Reader
from kcore.verify.shown_objects import Wrong
from kcore.verify.targets import NAMESPACE

OUTSIDE = "198.51.100.7"
"""The address of a client outside that does not say which it has."""

DEFAULT_PORT = {"http": 80, "https": 443, "": 80}

Verdict = Callable[[Network, Path], str]


def _route(reader: Reader) -> Wrong:
    asked = reader.child("route")
    source, to = asked.take("from", str), asked.take("to", str)
    protocol = asked.take("protocol", str, "TCP")
    before, idle = asked.take("before", str, ""), asked.duration("idle", 0) // 1000
    host, port = _host_and_port(to, asked)
    asked.finish()
    verdict = _verdict(reader)

    def judged(moment: Moment) -> str:
        network = network_of(moment.state)
        client, address = _client(moment.state, network, source), _address(moment.state, network, host)
        if client is None or not address:
            return f"there is no {source if client is None else host}"
        client = attrs.evolve(client, last=_of_pod(moment.state, network, before), idle=idle) if before else client
        ask = path if client.node else path_from_outside
        return verdict(network, ask(network, client, address, port, protocol))

    return judged


def _ingress(reader: Reader) -> Wrong:
    asked = reader.child("ingress")
    host, where = asked.take("host", str, ""), asked.take("path", str, "/")
    named, node = asked.take("class", str, ""), asked.take("node", str, "")
    asked.finish()
    secret = reader.optional("tls", str)
    verdict = _verdict(reader)

    def judged(moment: Moment) -> str:
        network = network_of(moment.state)
        client = _client(moment.state, network, f"node/{node or min(network.tables, default='')}")
        if client is None:
            return "there is no node for the controller"
        given = route_ingress(network.now, host, where, named).tls_secret
        if secret is not None and secret != given:
            return f"the certificate is of {given or 'none'}, not {secret}"
        return verdict(network, path_by_ingress(network, client, host, where, named))

    return judged


def _host_and_port(to: str, asked: Reader) -> tuple[str, int]:
    """Return the host and port of `to`, which may be a URL."""
    scheme, _, rest = to.rpartition("://")
    kind, _, name = rest.rpartition("/") if rest.partition("/")[0] in _ADDRESSES else ("", "", rest.partition("/")[0])
    host, _, port = name.partition(":")
    if scheme not in DEFAULT_PORT or not host or not (port.isdigit() or not port):
        raise InputError(
            f"to is {to!r}", place=asked.place("to"), expected="a host and port, or a URL of http or https"
        )
    return f"{kind}/{host}" if kind else host, int(port) if port else DEFAULT_PORT[scheme]


def _client(state: ClusterState, network: Network, source: str) -> Client | None:
    """Return who asks, None when there is nobody of that name."""
    kind, _, name = source.rpartition("/")
    if source.partition("/")[0] == "outside":
        return Client(address=source.partition("/")[2] or OUTSIDE)
    if kind == "node":
        address = next((held for node, held in network.node_addresses() if node == name), "")
        return Client(node=name, address=address) if name in state.world.machines else None
    pods = [one for one in state.store.list("Pod", kind or NAMESPACE) if matches(name, one.metadata.name)]
    return next((Client.of(one) for one in pods if isinstance(one, Pod) and one.status.pod_ip), None)


def _address(state: ClusterState, network: Network, host: str) -> str:
    """Return the name or address that is meant by the host of a request, "" when there is none."""
    kind, _, name = host.rpartition("/")
    return _ADDRESSES[kind](state, network, name) if kind else host


def _of_service(state: ClusterState, _: Network, name: str) -> str:
    found = state.store.get(ObjectKey("Service", NAMESPACE, name))
    return found.spec.cluster_ip if isinstance(found, Service) else ""


def _of_balancer(state: ClusterState, _: Network, name: str) -> str:
    found = state.store.get(ObjectKey("Service", NAMESPACE, name))
    given = found.status.load_balancer.ingress if isinstance(found, Service) else ()
    return next((one.ip or one.hostname for one in given), "")


def _of_pod(state: ClusterState, _: Network, name: str) -> str:
    found = state.store.get(ObjectKey("Pod", NAMESPACE, name))
    return found.status.pod_ip if isinstance(found, Pod) else ""


def _of_node(_: ClusterState, network: Network, name: str) -> str:
    return next((held for node, held in network.node_addresses() if node == name), "")


_ADDRESSES: Mapping[str, Callable[[ClusterState, Network, str], str]] = {
    "service": _of_service,
    "balancer": _of_balancer,
    "pod": _of_pod,
    "node": _of_node,
}
"""What has an address, and how it is found."""


def _verdict(reader: Reader) -> Verdict:
    """Return what judges a path by what it reaches, loses, is refused for or leaves to."""
    reaches = reader.optional("reaches", list)
    lost, refused, leaves = (reader.take(name, str, "") for name in ("lost", "refused", "leaves"))
    ends = [bool(reaches), bool(refused), bool(leaves)]
    if sum(ends) != 1 or (lost and not reaches):
        expected = "reaches, maybe with lost; refused; or leaves"
        raise InputError("a request ends in one way", place=reader.place(), expected=expected)

    def verdict(network: Network, found: Path) -> str:
        if reaches:
            wrong = not_these(map(str, reaches), (_name(network, one) for one in found.answered))
            return f"{wrong} ({found.why_not})" if wrong and found.why_not else wrong or _told(lost, found.why_not)
        if found.answered or found.leaves:
            there = ", ".join(_name(network, one) for one in found.answered) or found.leaves
            return "" if leaves and leaves == found.leaves else f"it reaches {there}"
        return _told(refused, found.why_not)

    return verdict


def _told(wanted: str, why: str) -> str:
    """Return "" where a reason is the one that is wanted, or has it as a part, else what is not so."""
    if bool(wanted) is not bool(why) or wanted not in why:
        return f"{why or 'no reason'!r}, not {wanted or 'none'!r}"
    return ""


def _name(network: Network, found: Arrival) -> str:
    """Return the name of the pod that answers, else its address."""
    if found.backend.pod is not None:
        return found.backend.pod.name
    sandbox = network.with_address(found.backend.address)
    return found.backend.address if sandbox is None else sandbox.pod.name


def _resolve(reader: Reader) -> Wrong:
    asked = reader.child("resolve")
    source, name = asked.take("from", str), asked.take("name", str)
    asked.finish()
    wrong = _meaning(reader)

    def judged(moment: Moment) -> str:
        network = network_of(moment.state)
        client = _client(moment.state, network, source)
        if client is None or client.pod is None:
            return f"there is no pod {source}"
        return wrong(moment.state, lookup_by(partial(network.answer, client.node), name, client.pod.metadata.namespace))

    return judged


def _meaning(reader: Reader) -> Callable[[ClusterState, Answer], str]:
    """Return what judges an answer by the pods or Service whose addresses it has, its ports, alias or refusal."""
    pods, ports = reader.optional("pods", list), reader.optional("ports", list)
    service, alias, refused = (reader.take(one, str, "") for one in ("service", "alias", "refused"))
    if sum(map(bool, (pods, ports, service, alias, refused))) != 1:
        expected = "one of pods, service, ports, alias, refused"
        raise InputError("a name means one thing", place=reader.place(), expected=expected)

    def wrong(state: ClusterState, answer: Answer) -> str:
        if refused:
            return _told(refused, answer.refusal)
        if answer.refusal:
            return answer.refusal
        if pods:
            return not_these(map(str, pods), (_pod_at(state, one) for one in answer.addresses))
        if ports:
            return not_these(map(str, ports), (f"{one.name}:{one.port}" for one in answer.targets))
        if alias:
            return "" if alias == answer.canonical else f"{answer.canonical or 'none'}, not {alias}"
        held = _ADDRESSES["service"](state, network_of(state), service)
        return "" if (held,) == answer.addresses else f"{', '.join(answer.addresses)}, not {held}"

    return wrong


def _pod_at(state: ClusterState, address: str) -> str:
    found: list[Any] = [one for one in state.store.list("Pod") if isinstance(one, Pod)]
    return next((one.metadata.name for one in found if one.status.pod_ip == address), address)


NETWORK: Mapping[str, Callable[[Reader], Wrong]] = {"route": _route, "ingress": _ingress, "resolve": _resolve}
"""The questions about the network."""
