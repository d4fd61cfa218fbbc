"""Laws about StatefulSets, DaemonSets and autoscalers on states made by hand: which meet them, and which do not."""

from __future__ import annotations

import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import EPOCH, LATER, SELECTOR, at, busy, changed, cluster, meta, pod, template

GOING = {"deletionTimestamp": "2000-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
DB = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "sts", "controller": True}
AGENT = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "ds", "controller": True}


def stateful_set(replicas, *, claims=(), status=None, policy="OrderedReady", partition=None, **spec):
    """The StatefulSet db."""
    rolling = {} if partition is None else {"rollingUpdate": {"partition": partition}}
    given = {
        "replicas": replicas,
        "serviceName": "db",
        "podManagementPolicy": policy,
        "selector": SELECTOR,
        "template": template("db:1"),
        "updateStrategy": {"type": "RollingUpdate", **rolling},
        "volumeClaimTemplates": [{"metadata": {"name": one}, "spec": {}} for one in claims],
    }
    said = {"observedGeneration": 1, "currentRevision": "db-a", "updateRevision": "db-a", **(status or {})}
    return {**meta("StatefulSet", "db", "sts"), "apiVersion": "apps/v1", "spec": {**given, **spec}, "status": said}


def member(ordinal, *, name=None, hostname=None, claims=(), revision="db-a", ready=True, **more):
    """A pod of the set."""
    own = name or f"db-{ordinal}"
    labels = {"app": "web", "statefulset.kubernetes.io/pod-name": own, "controller-revision-hash": revision}
    volumes = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims]
    spec = {"hostname": hostname or own, "volumes": volumes}
    return pod(own, owner=DB, ready=ready, labels=labels, spec=spec, **more)


def claim(name, *owners):
    """A claim, owned by the uids."""
    references = [{"apiVersion": "v1", "kind": "Pod", "name": uid, "uid": uid} for uid in owners]
    return {**meta("PersistentVolumeClaim", name, ownerReferences=references), "spec": {}, "status": {}}


def daemon_set(unavailable=1, status=None, **pods):
    """The DaemonSet agent."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable}}
    base = template("agent:1")
    spec = {"selector": SELECTOR, "template": {**base, "spec": {**base["spec"], **pods}}, "updateStrategy": strategy}
    begun = {**meta("DaemonSet", "agent", "ds"), "apiVersion": "apps/v1"}
    return {**begun, "spec": spec, "status": status or {"observedGeneration": 1}}


def daemon(name, node, *, revision="a", **more):
    """A pod of the DaemonSet on a node."""
    labels = {"app": "web", "controller-revision-hash": revision}
    return pod(name, owner=AGENT, node=node, labels=labels, **more)


def autoscaler(least, most, desired, *, current=None, since=EPOCH, active="True"):
    """The autoscaler web."""
    said = {
        "desiredReplicas": desired,
        "currentReplicas": desired if current is None else current,
        "lastScaleTime": since,
        "conditions": [{"type": "ScalingActive", "status": active}],
    }
    begun = {**meta("HorizontalPodAutoscaler", "web"), "apiVersion": "autoscaling/v2"}
    return {**begun, "spec": {"minReplicas": least, "maxReplicas": most, "scaleTargetRef": {}}, "status": said}


IDENTITIES = [
    pytest.param("pods-keep-their-identity", cluster(stateful_set(1), member(0)), (), id="identity: kept"),
    pytest.param(
        "pods-keep-their-identity",
        cluster(stateful_set(1), member(0, hostname="db-1")),
        ("StatefulSet/db", "Pod/db-0"),
        id="identity: another hostname",
    ),
    pytest.param(
        "pods-keep-their-identity",
        cluster(stateful_set(1), member(0, name="db-first")),
        ("StatefulSet/db", "Pod/db-first"),
        id="identity: a name without an ordinal",
    ),
    pytest.param(
        "pods-keep-their-identity",
        cluster(stateful_set(1, claims=["data"]), member(0)),
        ("StatefulSet/db", "Pod/db-0"),
        id="identity: without its claim",
    ),
    pytest.param("one-pod-an-identity", cluster(stateful_set(2), member(0), member(1)), (), id="identities: two"),
    pytest.param(
        "one-pod-an-identity",
        cluster(stateful_set(2), member(0), member(0, name="db-00")),
        ("StatefulSet/db", "Pod/db-0", "Pod/db-00"),
        id="identities: one for two",
    ),
    pytest.param(
        "claims-stay-with-their-identity",
        cluster(stateful_set(2, claims=["data"]), member(0, claims=["data-db-0"]), member(1, claims=["data-db-1"])),
        (),
        id="claims: each its own",
    ),
    pytest.param(
        "claims-stay-with-their-identity",
        cluster(stateful_set(2, claims=["data"]), member(0, claims=["data-db-0"]), member(1, claims=["data-db-0"])),
        ("StatefulSet/db", "Pod/db-1"),
        id="claims: that of another",
    ),
    pytest.param(
        "retained-claims-have-no-owner",
        cluster(stateful_set(1, claims=["data"]), member(0, claims=["data-db-0"]), claim("data-db-0", "elsewhere")),
        (),
        id="retained: owned by something else",
    ),
    pytest.param(
        "retained-claims-have-no-owner",
        cluster(stateful_set(1, claims=["data"]), member(0, claims=["data-db-0"]), claim("data-db-0", "sts")),
        ("StatefulSet/db", "PersistentVolumeClaim/data-db-0"),
        id="retained: owned by the set",
    ),
    pytest.param(
        "retained-claims-have-no-owner",
        cluster(
            stateful_set(
                1,
                claims=["data"],
                persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete", "whenScaled": "Retain"},
            ),
            member(0, claims=["data-db-0"]),
            claim("data-db-0", "sts"),
        ),
        (),
        id="retained: not to be",
    ),
]

ORDER = [
    pytest.param("pods-come-in-order", cluster(stateful_set(2), member(0), member(1)), (), id="coming: the next"),
    pytest.param(
        "pods-come-in-order",
        cluster(stateful_set(2), member(0, ready=False), member(1)),
        ("StatefulSet/db", "Pod/db-1"),
        id="coming: before the first was ready",
    ),
    pytest.param(
        "pods-come-in-order",
        cluster(stateful_set(3), member(0), member(2)),
        ("StatefulSet/db", "Pod/db-2"),
        id="coming: with a gap",
    ),
    pytest.param(
        "pods-come-in-order", cluster(stateful_set(3, policy="Parallel"), member(2)), (), id="coming: in parallel"
    ),
    pytest.param(
        "pods-come-in-order",
        cluster(stateful_set(3, ordinals={"start": 2}), member(2)),
        (),
        id="coming: the first of those that start at two",
    ),
    pytest.param(
        "pods-go-in-order",
        cluster(stateful_set(1), member(0), member(1), member(2), changed(member(2), **GOING)),
        (),
        id="going: the last",
    ),
    pytest.param(
        "pods-go-in-order",
        cluster(stateful_set(1), member(0), member(1), member(2), changed(member(1), **GOING)),
        ("StatefulSet/db", "Pod/db-1", "Pod/db-2"),
        id="going: one before the last",
    ),
    pytest.param(
        "pods-go-in-order",
        cluster(stateful_set(1), member(0), member(1), member(2), at(member(1))),
        ("StatefulSet/db", "Pod/db-1", "Pod/db-2"),
        id="going: one before the last, at once",
    ),
    pytest.param(
        "updates-take-one-at-a-time",
        cluster(stateful_set(2), member(0), member(1), changed(member(1), **GOING)),
        (),
        id="updating: all others are there",
    ),
    pytest.param(
        "updates-take-one-at-a-time",
        cluster(stateful_set(2), member(0, ready=False), member(1), changed(member(1), **GOING)),
        ("StatefulSet/db", "Pod/db-1"),
        id="updating: another one is not ready",
    ),
    pytest.param(
        "nothing-beyond-a-partition-is-updated",
        cluster(stateful_set(2, partition=1, status={"updateRevision": "db-b"}), member(0)),
        (),
        id="partition: of the current revision",
    ),
    pytest.param(
        "nothing-beyond-a-partition-is-updated",
        cluster(stateful_set(2, partition=1, status={"updateRevision": "db-b"}), member(0, revision="db-b")),
        ("StatefulSet/db", "Pod/db-0"),
        id="partition: of the new revision",
    ),
    pytest.param(
        "nothing-beyond-a-partition-is-updated",
        cluster(stateful_set(2, partition=1, status={"updateRevision": "db-b"}), member(1, revision="db-b")),
        (),
        id="partition: above it",
    ),
]

DAEMONS = [
    pytest.param(
        "one-daemon-pod-a-node", cluster(daemon_set(), daemon("a", "n1"), daemon("b", "n2")), (), id="node: one"
    ),
    pytest.param(
        "one-daemon-pod-a-node",
        cluster(daemon_set(), daemon("a", "n1"), daemon("b", "n1")),
        ("DaemonSet/agent", "Pod/a", "Pod/b"),
        id="node: two for one",
    ),
    pytest.param(
        "one-daemon-pod-a-node",
        cluster(daemon_set(), daemon("a", "n1"), daemon("b", "n1", revision="b")),
        (),
        id="node: one of each template",
    ),
    pytest.param(
        "each-node-is-covered-when-settled",
        cluster(daemon_set(), daemon("a", "n1"), daemon("b", "n2")),
        (),
        id="covered: both",
    ),
    pytest.param(
        "each-node-is-covered-when-settled",
        cluster(daemon_set(), daemon("a", "n1")),
        ("DaemonSet/agent", "Node/n2"),
        id="covered: one",
    ),
    pytest.param(
        "each-node-is-covered-when-settled",
        busy(cluster(daemon_set(), daemon("a", "n1")), "daemonset-controller"),
        (),
        id="covered: not yet",
    ),
    pytest.param(
        "each-node-is-covered-when-settled",
        cluster(daemon_set(nodeSelector={"disk": "ssd"}), daemon("a", "n1")),
        (),
        id="covered: those that are asked for",
    ),
    pytest.param(
        "daemon-updates-within-max-unavailable",
        cluster(daemon_set(), daemon("a", "n1"), daemon("b", "n2"), changed(daemon("b", "n2"), **GOING)),
        (),
        id="update: one lacks",
    ),
    pytest.param(
        "daemon-updates-within-max-unavailable",
        cluster(daemon_set(), daemon("a", "n1", ready=False), daemon("b", "n2"), changed(daemon("b", "n2"), **GOING)),
        ("DaemonSet/agent", "Pod/b"),
        id="update: two lack",
    ),
    pytest.param(
        "daemon-updates-within-max-unavailable",
        cluster(
            daemon_set("100%"), daemon("a", "n1", ready=False), daemon("b", "n2"), changed(daemon("b", "n2"), **GOING)
        ),
        (),
        id="update: all may lack",
    ),
]

AUTOSCALERS = [
    pytest.param(
        "autoscaled-sizes-within-bounds",
        cluster(autoscaler(1, 5, 2), autoscaler(1, 5, 5, since=LATER)),
        (),
        id="bounds: the greatest size",
    ),
    pytest.param(
        "autoscaled-sizes-within-bounds",
        cluster(autoscaler(1, 5, 2), autoscaler(1, 5, 6, since=LATER)),
        ("HorizontalPodAutoscaler/web",),
        id="bounds: one more",
    ),
    pytest.param(
        "autoscaled-sizes-within-bounds",
        cluster(autoscaler(2, 5, 2), autoscaler(2, 5, 1, since=LATER)),
        ("HorizontalPodAutoscaler/web",),
        id="bounds: one less",
    ),
    pytest.param(
        "autoscaled-sizes-within-bounds",
        cluster(autoscaler(1, 5, 5), autoscaler(1, 3, 5)),
        (),
        id="bounds: narrowed since",
    ),
    pytest.param("autoscalers-come-to-rest", cluster(autoscaler(1, 5, 3)), (), id="rest: as found"),
    pytest.param(
        "autoscalers-come-to-rest",
        cluster(autoscaler(1, 5, 3, current=2)),
        ("HorizontalPodAutoscaler/web",),
        id="rest: another size",
    ),
]


@pytest.mark.parametrize(("name", "state", "culprits"), [*IDENTITIES, *ORDER, *DAEMONS, *AUTOSCALERS])
def test_an_invariant_of_sets_blames_who_breaks_it(name, state, culprits):
    """Nobody where it holds, and else the objects, in order."""
    assert blamed(name, state) == culprits


OWNED = cluster(stateful_set(2, claims=["data"]), member(0), member(1), claim("data-db-0"))


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("pods-keep-their-identity", OWNED, id="a pod of a set"),
        pytest.param("one-pod-an-identity", OWNED, id="two pods of a set"),
        pytest.param("claims-stay-with-their-identity", OWNED, id="a claim"),
        pytest.param("retained-claims-have-no-owner", OWNED, id="a claim of a set that retains"),
        pytest.param("pods-come-in-order", cluster(stateful_set(2), member(0), member(1)), id="a second pod"),
        pytest.param(
            "nothing-beyond-a-partition-is-updated",
            cluster(stateful_set(2, partition=1), member(0)),
            id="a pod below a partition",
        ),
        pytest.param(
            "pods-go-in-order",
            cluster(stateful_set(0), member(0), member(0, **GOING)),
            id="a pod that is too many and leaves",
        ),
        pytest.param(
            "updates-take-one-at-a-time",
            cluster(stateful_set(1, status={"updateRevision": "db-b"}), member(0), member(0, **GOING)),
            id="a pod of an old revision that leaves",
        ),
        pytest.param(
            "one-daemon-pod-a-node", cluster(daemon_set(), daemon("a", "n1"), daemon("b", "n2")), id="two pods"
        ),
        pytest.param("each-node-is-covered-when-settled", cluster(daemon_set()), id="a settled DaemonSet"),
        pytest.param(
            "daemon-updates-within-max-unavailable",
            cluster(daemon_set(), daemon("a", "n1"), daemon("a", "n1", **GOING)),
            id="a daemon pod that leaves",
        ),
        pytest.param(
            "autoscaled-sizes-within-bounds",
            cluster(autoscaler(1, 5, 2), autoscaler(1, 5, 5, since=LATER)),
            id="a size that was given",
        ),
        pytest.param("autoscalers-come-to-rest", cluster(autoscaler(1, 5, 3, current=2)), id="one that still moves"),
    ],
)
def test_an_invariant_of_sets_says_something_where_its_witness_is_met(name, state):
    """And nothing in a cluster in which there is nothing of the kind."""
    assert witnessed(name, state)
    assert not witnessed(name, cluster())
