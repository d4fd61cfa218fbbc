"""What holds of addresses and ports in ranges that are nearly full, whatever Services come, change and go."""

from __future__ import annotations

from collections import Counter

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.config import DEFAULT
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.indexes import addresses, node_ports
from kcore.apiserver.request import Options, PatchType, Request, Verb

CONFIG = attrs.evolve(DEFAULT, service_cluster_ip_range="10.0.0.0/29", service_node_port_range=(30000, 30003))
CONTEXT = Context(now=946_684_800_000, config=CONFIG)
START = bootstrap(CONTEXT.now, CONFIG)
NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")
FREE = 5
"""Addresses of the range that are neither its first, nor its last, nor the API server's own."""
PORTS = 4

names = st.sampled_from(NAMES)
addresses_asked = st.sampled_from(["", "", "None", *(f"10.0.0.{n}" for n in range(9))])
types = st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"])
port = st.fixed_dictionaries(
    {"port": st.integers(80, 83), "protocol": st.sampled_from(["TCP", "UDP"])},
    optional={"nodePort": st.integers(29999, 30004)},
)
ports = st.lists(port, max_size=3).map(lambda found: [{"name": f"p{n}", **one} for n, one in enumerate(found)])
specs = st.builds(
    lambda kind, ip, found: {"type": kind, "clusterIP": ip, "ports": found}, types, addresses_asked, ports
)


def service(name, spec):
    return Json.of({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})


@st.composite
def requests(draw):
    """A Service that is created, changed, put in place of another one, turned into a name, or deleted."""
    name, verb = draw(names), draw(st.sampled_from([Verb.CREATE, Verb.CREATE, Verb.UPDATE, Verb.PATCH, Verb.DELETE]))
    key = ObjectKey("Service", "default", "" if verb is Verb.CREATE else name)
    if verb is Verb.DELETE:
        return Request(verb=verb, key=key)
    if verb is Verb.PATCH:
        asked = draw(st.one_of(specs, st.just({"type": "ExternalName", "externalName": "x.io", "clusterIP": None})))
        options = Options(patch_type=PatchType.MERGE, dry_run=draw(st.booleans()))
        return Request(verb=verb, key=key, body=Json.of({"spec": asked}), options=options)
    return Request(verb=verb, key=key, body=service(name, draw(specs)))


@settings(max_examples=150, deadline=None)
@given(st.lists(requests(), min_size=5, max_size=25))
def test_no_two_services_share_an_address_or_a_port(history):
    """Each is had by one Service at most and lies in its range, after every request; a refusal takes nothing."""
    store = START
    for request in history:
        outcome = handle(store, request, CONTEXT)
        if not outcome.response.ok:
            assert outcome.store is store
        store = outcome.store
        services = store.list("Service")
        had = Counter(address for one in services for address in addresses(one.spec))
        taken = Counter(number for one in services for number in set(node_ports(one.spec)))

        assert all(count == 1 for count in (had + taken).values())
        assert all(address.startswith("10.0.0.") and 0 <= int(address[7:]) < 8 for address in had)
        assert all(30000 <= int(number) <= 30003 for number in taken)


@settings(max_examples=60, deadline=None)
@given(st.lists(requests(), max_size=25))
def test_what_is_freed_can_be_had_again(history):
    """When the Services of any history are gone, the whole of both ranges can be handed out, and then no more."""
    store = START
    for request in history:
        store = handle(store, request, CONTEXT).store
    for name in NAMES:
        store = handle(store, Request(verb=Verb.DELETE, key=ObjectKey("Service", "default", name)), CONTEXT).store
    codes = []
    for number, name in enumerate(NAMES[: FREE + 1]):
        spec = {"type": "NodePort" if number < PORTS else "ClusterIP", "ports": [{"port": 80}]}
        request = Request(verb=Verb.CREATE, key=ObjectKey("Service", "default", ""), body=service(name, spec))
        outcome = handle(store, request, CONTEXT)
        codes.append(outcome.response.code)
        store = outcome.store
        if number + 1 == PORTS:
            more = Request(
                verb=Verb.CREATE,
                key=ObjectKey("Service", "default", ""),
                body=service("more", {"type": "NodePort", "clusterIP": "", "ports": [{"port": 80}]}),
            )
            assert handle(store, more, CONTEXT).store is store

    assert codes[:FREE] == [201] * FREE
    assert codes[FREE] != 201
