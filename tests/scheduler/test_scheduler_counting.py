"""The plugins that weigh nodes against each other: spread, neighbours and images."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.explain import explain
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.schedule_one import schedule
from kcore.scheduler.standings import standings
from kcore.scheduler.tally import tally

HOST = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
WEB = {"app": "web"}


def node(name, zone="", images=(), **labels):
    own = {HOST: name, **({ZONE: zone} if zone else {}), **labels}
    status = {"allocatable": {"cpu": "64", "pods": "110"}, "images": list(images)}
    return from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": own}, "status": status})


def pod(name="p", on="", labels=None, namespace="default", image="web", **spec):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
            "spec": {"nodeName": on, "containers": [{"name": "c", "image": image}], **spec},
            "status": {"phase": "Pending"},
        }
    )


def selecting(labels):
    return {"labelSelector": {"matchLabels": labels}}


def spread(key=ZONE, when="DoNotSchedule", skew=1, **more):
    constraint = {"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": when, **selecting(WEB), **more}
    return {"topologySpreadConstraints": [constraint]}


def affinity(kind, *, key=HOST, labels=None, weight=0, **more):
    term = {"topologyKey": key, **selecting(WEB if labels is None else labels), **more}
    if weight:
        terms = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": weight, "podAffinityTerm": term}]}
    else:
        terms = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return {"affinity": {kind: terms}}


def told(asking, *objects):
    snapshot = snapshot_of(Store.of(objects))
    return explain(pod_info(asking, snapshot.owners), snapshot, DEFAULT_PROFILE)


def answers(asking, *objects):
    """What is said of each node: "ok", or the reason against it."""
    return {one.node: one.rejection.reasons[0] if one.rejection else "ok" for one in told(asking, *objects).nodes}


def scores(plugin, asking, *objects):
    return {one.node: one.scores.get(plugin) for one in told(asking, *objects).nodes}


A1, A2, B1, BARE = node("a1", "a"), node("a2", "a"), node("b1", "b"), node("bare")
SKEWED = "node(s) didn't match pod topology spread constraints"
UNLABELLED = f"{SKEWED} (missing required label)"


@pytest.mark.parametrize(
    ("asking", "objects", "expected"),
    [
        pytest.param(
            pod(labels=WEB, **spread()),
            (A1, B1, BARE, pod("w", "a1", WEB)),
            {"a1": SKEWED, "b1": "ok", "bare": UNLABELLED},
            id="the fuller zone and a node without a zone are out",
        ),
        pytest.param(
            pod(labels=WEB, **spread(skew=2)),
            (A1, B1, pod("w", "a1", WEB)),
            {"a1": "ok", "b1": "ok"},
            id="a larger skew allows more",
        ),
        pytest.param(
            pod(**spread()),
            (A1, B1, pod("w", "a1", WEB)),
            {"a1": "ok", "b1": "ok"},
            id="a pod that does not match itself adds nothing",
        ),
        pytest.param(
            pod(labels=WEB, **spread(minDomains=3)),
            (A1, B1, pod("w", "a1", WEB), pod("v", "b1", WEB)),
            {"a1": SKEWED, "b1": SKEWED},
            id="too few domains count as one that is empty",
        ),
        pytest.param(
            pod(labels=WEB, **spread(HOST)),
            (A1, A2, B1, pod("w", "a1", WEB)),
            {"a1": SKEWED, "a2": "ok", "b1": "ok"},
            id="hosts are domains too",
        ),
        pytest.param(
            pod(labels=WEB, nodeSelector={ZONE: "a"}, **spread()),
            (A1, B1, pod("w", "a1", WEB)),
            {"a1": "ok", "b1": "node(s) didn't match Pod's node affinity/selector"},
            id="a zone that the pod can't go to is no domain",
        ),
        pytest.param(
            pod(labels=WEB, nodeSelector={ZONE: "a"}, **spread(nodeAffinityPolicy="Ignore")),
            (A1, B1, pod("w", "a1", WEB)),
            {"a1": SKEWED, "b1": "node(s) didn't match Pod's node affinity/selector"},
            id="unless the policy says that it counts",
        ),
        pytest.param(
            pod(labels={**WEB, "rev": "2"}, **spread(matchLabelKeys=["rev"])),
            (A1, B1, pod("w", "a1", {**WEB, "rev": "1"})),
            {"a1": "ok", "b1": "ok"},
            id="pods with another value of a key to match do not count",
        ),
        pytest.param(
            pod(labels=WEB, **spread()),
            (A1, B1, pod("w", "a1", WEB, namespace="other")),
            {"a1": "ok", "b1": "ok"},
            id="pods of other namespaces do not count",
        ),
    ],
)
def test_a_hard_constraint_keeps_pods_even(asking, objects, expected):
    """A domain may hold maxSkew matching pods more than the emptiest."""
    assert answers(asking, *objects) == expected


def test_a_taint_makes_no_domain_where_the_policy_honours_it():
    """By default the tainted zone counts as empty, and the pod can go nowhere."""
    tainted = from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "b1", "labels": {ZONE: "b"}},
            "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]},
        }
    )
    objects = (A1, tainted, pod("w", "a1", WEB))

    assert answers(pod(labels=WEB, **spread()), *objects)["a1"] == SKEWED
    assert answers(pod(labels=WEB, **spread(nodeTaintsPolicy="Honor")), *objects)["a1"] == "ok"


def test_a_soft_constraint_scores_the_emptier_domain_higher():
    """A node without the label is scored 0."""
    asking = pod(labels=WEB, **spread(when="ScheduleAnyway"))
    found = scores("PodTopologySpread", asking, A1, B1, BARE, pod("w", "a1", WEB))

    assert found == {"a1": 0, "b1": 200, "bare": 0}


def test_pods_of_a_service_are_spread_without_a_word():
    """The system's own constraints are over hosts and zones."""
    service = from_wire(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s", "namespace": "default"},
            "spec": {"selector": WEB},
        }
    )
    objects = (A1, A2, B1, pod("w", "a1", WEB))
    found = scores("PodTopologySpread", pod(labels=WEB), service, *objects)

    assert found["b1"] > found["a2"] > found["a1"]
    assert scores("PodTopologySpread", pod(labels=WEB), *objects) == {"a1": None, "a2": None, "b1": None}


def test_pods_of_a_replica_set_are_spread_without_a_word():
    """The selector of the controller is as good as that of a Service."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u"}
    owned = {"name": "p", "namespace": "default", "labels": WEB, "ownerReferences": [{**owner, "controller": True}]}
    asking = from_wire({"apiVersion": "v1", "kind": "Pod", "metadata": owned, "spec": {"containers": [{"name": "c"}]}})
    meta = {"name": "rs", "namespace": "default", "uid": "u"}
    spec = {"selector": {"matchLabels": WEB}}
    owning = from_wire({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec})
    found = scores("PodTopologySpread", asking, owning, A1, B1, pod("w", "a1", WEB))

    assert found["b1"] > found["a1"]


UNMATCHED = "node(s) didn't match pod affinity rules"
SHUNNED = "node(s) didn't match pod anti-affinity rules"
REFUSED = "node(s) didn't satisfy existing pods anti-affinity rules"
TEAM = from_wire({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "labels": {"a": "b"}}})


@pytest.mark.parametrize(
    ("asking", "objects", "expected"),
    [
        pytest.param(
            pod(**affinity("podAffinity", key=ZONE)),
            (A1, A2, B1, pod("w", "a1", WEB)),
            {"a1": "ok", "a2": "ok", "b1": UNMATCHED},
            id="a pod wants others in its zone",
        ),
        pytest.param(
            pod(labels=WEB, **affinity("podAffinity", key=ZONE)),
            (A1, B1, BARE),
            {"a1": "ok", "b1": "ok", "bare": UNMATCHED},
            id="the first of its kind goes anywhere in the topology",
        ),
        pytest.param(
            pod(**affinity("podAffinity")), (A1,), {"a1": UNMATCHED}, id="nobody is there, and it is not of the kind"
        ),
        pytest.param(
            pod(**affinity("podAntiAffinity")),
            (A1, A2, pod("w", "a1", WEB)),
            {"a1": SHUNNED, "a2": "ok"},
            id="a pod shuns others on its host",
        ),
        pytest.param(
            pod(**affinity("podAntiAffinity", key=ZONE)),
            (A1, A2, B1, BARE, pod("w", "a1", WEB)),
            {"a1": SHUNNED, "a2": SHUNNED, "b1": "ok", "bare": "ok"},
            id="and in its zone, if it has one",
        ),
        pytest.param(
            pod(labels=WEB),
            (A1, A2, B1, pod("w", "a1", **affinity("podAntiAffinity", key=ZONE))),
            {"a1": REFUSED, "a2": REFUSED, "b1": "ok"},
            id="a placed pod refuses this one in its zone",
        ),
        pytest.param(
            pod(**affinity("podAntiAffinity")),
            (A1, pod("w", "a1", WEB, namespace="team"), TEAM),
            {"a1": "ok"},
            id="pods of other namespaces are not meant",
        ),
        pytest.param(
            pod(**affinity("podAntiAffinity", namespaces=["team"])),
            (A1, pod("w", "a1", WEB, namespace="team"), TEAM),
            {"a1": SHUNNED},
            id="unless these are named",
        ),
        pytest.param(
            pod(**affinity("podAntiAffinity", namespaceSelector={"matchLabels": {"a": "b"}})),
            (A1, pod("w", "a1", WEB, namespace="team"), TEAM),
            {"a1": SHUNNED},
            id="or selected by their labels",
        ),
        pytest.param(
            pod(**affinity("podAntiAffinity", namespaceSelector={})),
            (A1, pod("w", "a1", WEB, namespace="unheard-of")),
            {"a1": SHUNNED},
            id="or all of them are",
        ),
    ],
)
def test_pods_choose_their_neighbours(asking, objects, expected):
    """Demands and refusals hold in both directions."""
    assert answers(asking, *objects) == expected


@pytest.mark.parametrize(
    ("asking", "placed", "expected"),
    [
        pytest.param(pod(**affinity("podAffinity", weight=10)), pod("w", "a1", WEB), (200, 0), id="a wish"),
        pytest.param(pod(**affinity("podAntiAffinity", weight=10)), pod("w", "a1", WEB), (0, 200), id="an aversion"),
        pytest.param(
            pod(labels=WEB), pod("w", "a1", **affinity("podAffinity", weight=10)), (200, 0), id="the other's wish"
        ),
        pytest.param(
            pod(labels=WEB), pod("w", "a1", **affinity("podAntiAffinity", weight=10)), (0, 200), id="its aversion"
        ),
        pytest.param(pod(labels=WEB), pod("w", "a1", **affinity("podAffinity")), (200, 0), id="its demand"),
        pytest.param(pod(), pod("w", "a1", WEB), (None, None), id="no wish at all, and the plugin is skipped"),
    ],
)
def test_wishes_score_both_ways(asking, placed, expected):
    """The best node gets 100, twice weighted, the worst 0."""
    found = scores("InterPodAffinity", asking, A1, A2, placed)

    assert (found["a1"], found["a2"]) == expected


def test_an_image_that_is_there_counts_by_size_and_spread():
    """Half of 1,000 MiB, since one node of two has it, is 477 of the 977 MiB between nothing and best."""
    image = {"names": ["web:latest"], "sizeBytes": 1000 * 1024 * 1024}
    found = scores("ImageLocality", pod(image="web"), node("a1", images=[image]), A2)

    assert found == {"a1": 48, "a2": 0}


NAMES = st.sampled_from(["n1", "n2", "n3", "n4"])
WISHES = st.sampled_from(
    [
        {},
        spread(),
        spread(HOST),
        spread(when="ScheduleAnyway"),
        affinity("podAntiAffinity"),
        affinity("podAntiAffinity", key=ZONE, weight=5),
        affinity("podAffinity", key=ZONE),
        affinity("podAffinity", weight=3),
    ]
)
LABELS = st.sampled_from([WEB, {"app": "db"}, {}])
PLACED = st.builds(
    lambda name, on, labels, wishes: pod(name, on, labels, **wishes), st.sampled_from("qrstu"), NAMES, LABELS, WISHES
)
NODES = st.builds(node, NAMES, st.sampled_from(["", "a", "b"]))
GONE = st.sampled_from([ObjectKey("Pod", "default", "q"), ObjectKey("Node", "", "n1")])
ASKING = st.builds(lambda labels, wishes: pod("p", "", labels, **wishes), LABELS, WISHES)


@given(st.lists(st.tuples(st.one_of(NODES, PLACED, GONE), ASKING), min_size=10, max_size=30))
def test_what_is_kept_is_what_would_be_counted(history):
    """In every history, decisions and explanations are those of a scheduler that has forgotten all it counted."""
    store = Store.of([node("n1", "a"), node("n2", "b")])
    for change, asking in history:
        if not isinstance(change, ObjectKey):
            store = store.put(change)
        elif store.get(change) is not None:
            store = store.remove(change)
        snapshot = snapshot_of(store)
        info = pod_info(asking, snapshot.owners)
        kept = (schedule(info, snapshot, DEFAULT_PROFILE).node, explain(info, snapshot, DEFAULT_PROFILE))
        standings.cache_clear()
        tally.cache_clear()

        assert (schedule(info, snapshot, DEFAULT_PROFILE).node, explain(info, snapshot, DEFAULT_PROFILE)) == kept
        assert kept[0] == (kept[1].best or ("",))[0]


@given(
    st.lists(NODES, min_size=3, max_size=6),
    st.lists(PLACED, min_size=3, max_size=8),
    ASKING,
    st.randoms(use_true_random=False),
)
def test_renaming_nodes_renames_the_answer(nodes, placed, asking, chance):
    """No node is better for its name, but where all else is equal."""
    names = ["n1", "n2", "n3", "n4"]
    renamed = dict(zip(names, chance.sample(names, 4), strict=True))
    before = told(asking, *nodes, *placed)
    moved = [node(renamed[one.metadata.name], one.metadata.labels.get(ZONE, "")) for one in nodes]
    carried = [attrs.evolve(one, spec=attrs.evolve(one.spec, node_name=renamed[one.spec.node_name])) for one in placed]
    after = told(asking, *moved, *carried)

    assert {renamed[one.node]: (one.rejection, one.scores) for one in before.nodes} == {
        one.node: (one.rejection, one.scores) for one in after.nodes
    }
