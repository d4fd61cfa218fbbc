"""Cluster DNS: names of Services, of the members of headless ones and of pods, as CoreDNS answers.

Models A, CNAME and SRV records from what the server has heard of: a Service's cluster IP, a headless Service's ready
endpoints (all of them where it publishes those that are not ready), members by hostname or by address with dashes,
external names, named ports, pods by address, and the search path of a pod. An answer says how long (s) it may be kept:
a client that keeps it sends to addresses of the past.

Not modelled: reverse lookups, names outside the cluster beyond that they are somebody else's, and the AutoPath and
verified modes of CoreDNS.

Upstream: https://github.com/kubernetes/dns/blob/master/docs/specification.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import attrs

from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_set
from kcore.apiserver.validation.network import parse_ip
from kcore.client.view import View
from kcore.network.backends import SERVICE_NAME
from kcore.network.route import HEADLESS

CLUSTER_DOMAIN = "cluster.local"
TTL = 30
"""How long (s) an answer may be kept, by CoreDNS's default."""

NDOTS = 5
"""How many dots a name needs to be asked for as it is before the search path is tried."""

NXDOMAIN = "NXDOMAIN"
FORWARDED = "not a name of this cluster"
UNANSWERED = "no DNS server answers"


@attrs.frozen(kw_only=True, order=True)
class Target:
    """One SRV record: a port, and the name that has it."""

    port: int
    name: str


@attrs.frozen(kw_only=True)
class Answer:
    """What a name means: `addresses`, `targets` of a service's port, or a `canonical` name to ask for instead.

    Without any of these `refusal` says why; `name` is the name that was found, in full.
    """

    name: str = ""
    addresses: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    canonical: str = ""
    ttl: int = TTL
    refusal: str = ""


def lookup(view: View, name: str, namespace: str, domain: str = CLUSTER_DOMAIN) -> Answer:
    """Return what a pod of `namespace` gets for `name`: the first answer along its search path."""
    return lookup_by(partial(resolve, view, domain=domain), name, namespace, domain)


def lookup_by(ask: Callable[[str], Answer], name: str, namespace: str, domain: str = CLUSTER_DOMAIN) -> Answer:
    """Return what a pod of `namespace` gets for `name`, if `ask` answers for each full name."""
    answer = Answer(refusal=NXDOMAIN)
    for candidate in searched(name, namespace, domain):
        answer = ask(candidate)
        if not answer.refusal:
            return answer
    return answer


def searched(name: str, namespace: str, domain: str = CLUSTER_DOMAIN) -> Sequence[str]:
    """Return the full names that a pod's resolver asks for, in order, until one is answered."""
    if name.endswith("."):
        return (name.rstrip("."),)
    path = [f"{name}.{suffix}" for suffix in (f"{namespace}.svc.{domain}", f"svc.{domain}", domain)]
    return (name, *path) if name.count(".") >= NDOTS else (*path, name)


def resolve(view: View, name: str, domain: str = CLUSTER_DOMAIN) -> Answer:
    """Return what the cluster's DNS server answers to the full `name`."""
    full = name.rstrip(".").lower()
    if not full.endswith(f".{domain}"):
        return Answer(name=full, refusal=FORWARDED)
    labels = full.removesuffix(f".{domain}").split(".")
    if len(labels) == 3 and labels[-1] == "pod":
        return _pod(full, labels)
    if len(labels) < 3 or labels[-1] != "svc":
        return Answer(name=full, refusal=NXDOMAIN)
    service = view.get(ObjectKey("Service", labels[-2], labels[-3]))
    if not isinstance(service, Service):
        return Answer(name=full, refusal=NXDOMAIN)
    return _service(view, service, full, labels[:-3], domain)


def _service(view: View, service: Service, full: str, member: Sequence[str], domain: str) -> Answer:
    if service.spec.type == "ExternalName":
        return Answer(name=full, canonical=service.spec.external_name)
    if len(member) == 2 and all(label.startswith("_") for label in member):
        return _port(view, service, full, member, domain)
    if len(member) > 1:
        return Answer(name=full, refusal=NXDOMAIN)
    if service.spec.cluster_ip != HEADLESS and not member:
        found = service.spec.cluster_ips or (service.spec.cluster_ip,)
        return Answer(name=full, addresses=tuple(one for one in found if one))
    members = [one for one in _members(view, service) if not member or member[0] in (label_of(one), *_dashed(one))]
    addresses = tuple(sorted({address for endpoint in members for address in endpoint.addresses}))
    return Answer(name=full, addresses=addresses) if addresses else Answer(name=full, refusal=NXDOMAIN)


def _port(view: View, service: Service, full: str, member: Sequence[str], domain: str) -> Answer:
    """Return the SRV records of a named port: one for a cluster IP, one a member for a headless Service."""
    name, protocol = member[0][1:], member[1][1:].upper()
    suffix = f"{service.metadata.name}.{service.metadata.namespace}.svc.{domain}"
    if service.spec.cluster_ip != HEADLESS:
        ports = (one for one in service.spec.ports if one.name == name and (one.protocol or "TCP") == protocol)
        targets = tuple(Target(port=one.port, name=suffix) for one in ports)
    else:
        targets = tuple(
            sorted(
                {
                    Target(port=port.port or 0, name=f"{label_of(endpoint)}.{suffix}")
                    for found in _slices(view, service)
                    for port in found.ports
                    if (port.name or "") == name and (port.protocol or "TCP") == protocol
                    for endpoint in _published(service, found.endpoints)
                }
            )
        )
    return Answer(name=full, targets=targets) if targets else Answer(name=full, refusal=NXDOMAIN)


def label_of(endpoint: Endpoint) -> str:
    """Return the label that an endpoint has under its Service: its hostname, else its address with dashes."""
    return endpoint.hostname or next(iter(_dashed(endpoint)), "")


def _dashed(endpoint: Endpoint) -> Sequence[str]:
    return tuple(address.replace(".", "-").replace(":", "-") for address in endpoint.addresses)


def _members(view: View, service: Service) -> Iterable[Endpoint]:
    return (endpoint for found in _slices(view, service) for endpoint in _published(service, found.endpoints))


def _published(service: Service, endpoints: Iterable[Endpoint]) -> Iterable[Endpoint]:
    """Return the endpoints that have a record: the ready ones, or all where the Service says so."""
    everyone = service.spec.publish_not_ready_addresses
    return (one for one in endpoints if everyone or one.conditions.ready is not False)


def _slices(view: View, service: Service) -> Iterable[EndpointSlice]:
    selector = from_set({SERVICE_NAME: service.metadata.name})
    found = view.select("EndpointSlice", service.metadata.namespace, selector)
    return (one for one in found if isinstance(one, EndpointSlice))


def _pod(full: str, labels: Sequence[str]) -> Answer:
    """Return the address that the name of a pod spells, whether or not there is such a pod."""
    for separator in (".", ":"):
        spelt = labels[0].replace("-", separator)
        if parse_ip(spelt) is not None:
            return Answer(name=full, addresses=(spelt,))
    return Answer(name=full, refusal=NXDOMAIN)
