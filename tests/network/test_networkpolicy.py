"""NetworkPolicy: who may talk to whom, and by which policy not."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.network.networkpolicy import Peer, allowed


def pod(name, address, namespace="shop", **labels):
    containers = [{"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": 8080}]}]
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": name, **labels}},
            "spec": {"containers": containers},
            "status": {"podIP": address},
        }
    )


WEB, DB = pod("web", "10.0.0.1"), pod("db", "10.0.0.2")
GUEST = pod("guest", "10.0.9.9", namespace="other")
OUTSIDE = Peer(address="203.0.113.7")
PODS = [WEB, DB, GUEST]
NAMESPACES = [
    from_wire({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": name}}})
    for name in ("shop", "other")
]


def policy(name="p", selects="db", **spec):
    given = {"podSelector": {"matchLabels": {"app": selects}} if selects else {}, **spec}
    return from_wire(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": given,
        }
    )


def may(source, to, *policies, port=8080, protocol="TCP"):
    ends = [one if isinstance(one, Peer) else Peer.of(one) for one in (source, to)]
    return allowed(View(Store.of([*PODS, *NAMESPACES, *policies]), 0), *ends, port, protocol).allowed


FROM_WEB = [{"podSelector": {"matchLabels": {"app": "web"}}}]


def test_without_policies_everybody_talks_to_everybody():
    """Nothing isolates a pod but a policy that selects it."""
    assert may(WEB, DB)
    assert may(OUTSIDE, DB)
    assert may(WEB, DB, policy(selects="web", policyTypes=["Ingress"]))


def test_a_pod_that_is_selected_lets_in_nobody_but_the_allowed():
    """The default deny, and one exception to it."""
    deny = policy("deny", selects="", policyTypes=["Ingress"])
    allow = policy("allow", ingress=[{"from": FROM_WEB}])

    assert not may(WEB, DB, deny)
    assert may(WEB, DB, deny, allow)
    assert not may(GUEST, DB, deny, allow)
    assert not may(DB, WEB, deny, allow)


def test_a_connection_needs_leave_at_both_ends():
    """What the database lets in the web tier still has to be let out."""
    into = policy("into", ingress=[{"from": FROM_WEB}])
    shut = policy("shut", selects="web", policyTypes=["Egress"])
    out = policy("out", selects="web", egress=[{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}])

    assert not may(WEB, DB, into, shut)
    assert may(WEB, DB, into, shut, out)


@pytest.mark.parametrize(
    ("peer", "source", "expected"),
    [
        pytest.param({"podSelector": {}}, WEB, True, id="any pod of the namespace"),
        pytest.param({"podSelector": {}}, GUEST, False, id="no pod of another one"),
        pytest.param({"namespaceSelector": {"matchLabels": {"team": "other"}}}, GUEST, True, id="a namespace"),
        pytest.param(
            {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}, GUEST, False, id="both at once"
        ),
        pytest.param({"ipBlock": {"cidr": "203.0.113.0/24"}}, OUTSIDE, True, id="a range"),
        pytest.param(
            {"ipBlock": {"cidr": "203.0.0.0/16", "except": ["203.0.113.0/24"]}}, OUTSIDE, False, id="an exception"
        ),
        pytest.param({"podSelector": {}}, OUTSIDE, False, id="nobody from outside"),
    ],
)
def test_a_rule_names_its_peers(peer, source, expected):
    """By pod, by namespace, by both, or by address."""
    assert may(source, DB, policy(ingress=[{"from": [peer]}])) is expected


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        pytest.param([{"port": 8080}], True, id="by number"),
        pytest.param([{"port": 80}], False, id="another number"),
        pytest.param([{"port": "http"}], True, id="by name"),
        pytest.param([{"port": "sql"}], False, id="a name that the pod does not have"),
        pytest.param([{"port": 8000, "endPort": 8100}], True, id="in a range"),
        pytest.param([{"protocol": "UDP"}], False, id="another protocol"),
        pytest.param([{"protocol": "TCP"}], True, id="any port of a protocol"),
    ],
)
def test_a_rule_names_its_ports(ports, expected):
    """By number, range, name or protocol."""
    assert may(WEB, DB, policy(ingress=[{"ports": ports}])) is expected


def test_a_refusal_names_the_policies():
    """Who is isolated, by what, and from whom."""
    view = View(Store.of([*PODS, policy("deny", policyTypes=["Ingress"])]), 0)
    verdict = allowed(view, Peer.of(WEB), Peer.of(DB), 80)

    assert verdict.refusal == "Pod/shop/db is isolated by deny: no rule allows ingress from Pod/shop/web"
    assert [key.name for key in verdict.policies] == ["deny"]


rules = st.sampled_from([{"from": FROM_WEB}, {"from": [{"namespaceSelector": {}}]}, {"ports": [{"port": 80}]}, {}])


@given(st.lists(rules, max_size=3), rules, st.sampled_from([WEB, GUEST, OUTSIDE]), st.sampled_from([80, 8080]))
def test_rules_only_add(some, one_more, source, port):
    """A further rule, or a further policy for pods that are isolated already, never takes a connection away."""
    base = policy("base", ingress=some, policyTypes=["Ingress"])
    richer = policy("base", ingress=[*some, one_more], policyTypes=["Ingress"])
    beside = policy("beside", ingress=[one_more], policyTypes=["Ingress"])

    if may(source, DB, base, port=port):
        assert may(source, DB, richer, port=port)
        assert may(source, DB, base, beside, port=port)


def test_a_pod_always_reaches_itself():
    """Policies do not stand between a pod and itself."""
    assert may(DB, DB, policy(policyTypes=["Ingress", "Egress"]))


@pytest.mark.parametrize("types", [["Ingress"], ["Egress"]])
def test_a_pod_and_its_node_always_reach_each_other(types):
    """As a kubelet probes its pods; other nodes are addresses like any other."""
    closed = policy(policyTypes=types)
    home, other = (Peer(address="192.168.0.2", node=one) for one in ("n1", "n2"))
    there = attrs.evolve(DB, spec=attrs.evolve(DB.spec, node_name="n1"))
    ends = (lambda node: (node, there)) if types == ["Ingress"] else (lambda node: (there, node))

    assert may(*ends(home), closed)
    assert not may(*ends(other), closed)
