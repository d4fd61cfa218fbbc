"""Quotas at the API server: what an object counts for, and what is allowed while something is left."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.frozenmap import EMPTY
from kcore.api.kinds import KINDS
from kcore.api.object import ObjectKey
from kcore.api.times import Time
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.quota.claim import CLAIMS
from kcore.apiserver.quota.evaluators import evaluator_of
from kcore.apiserver.quota.pod import PODS
from kcore.apiserver.quota.service import SERVICES
from kcore.apiserver.request import Options, Request, Verb

NOW = Time(946_684_800)
GPU = "requests.nvidia.com/gpu"


def quota(hard, used=None, **spec):
    """A quota of which somebody has counted what is used: nothing, unless `used` says so."""
    counted = {**dict.fromkeys(hard, "0"), **(used or {})}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": hard, **spec},
        "status": {"hard": hard, "used": counted},
    }


def pod(name="p", requests=None, limits=None, **spec):
    resources = {"requests": requests or {}, "limits": limits or {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": "app", "resources": resources}], **spec},
    }


def service(**spec):
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports, **spec}}


def claim(storage="1Gi", **spec):
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": asked}


@pytest.fixture
def limited(server):
    """A function that puts a quota, counted, into the default namespace."""

    def limit(hard, used=None, **spec):
        made = server.make(quota(hard, used, **spec))
        counted = from_wire(quota(hard, used, **spec)).status
        server.store = server.store.put(attrs.evolve(made, status=counted))

    return limit


def used(server):
    found = server.get("ResourceQuota", "q").status.used
    return {name: str(amount) for name, amount in sorted(found.items())}


@pytest.mark.parametrize(
    ("evaluator", "obj", "expected"),
    [
        pytest.param(PODS, pod(), {"count/pods": "1", "pods": "1"}, id="a pod that asks for nothing"),
        pytest.param(
            PODS,
            pod(requests={"cpu": "1", "nvidia.com/gpu": "2"}, limits={"memory": "1Gi", "nvidia.com/gpu": "2"}),
            {"count/pods": "1", "pods": "1", "cpu": "1", "requests.cpu": "1", "limits.memory": "1Gi", GPU: "2"},
            id="a pod that asks",
        ),
        pytest.param(
            SERVICES,
            service(type="NodePort"),
            {"count/services": "1", "services": "1", "services.nodeports": "2", "services.loadbalancers": "0"},
            id="a node port for each port",
        ),
        pytest.param(
            SERVICES,
            service(type="LoadBalancer", allocateLoadBalancerNodePorts=False),
            {"count/services": "1", "services": "1", "services.nodeports": "0", "services.loadbalancers": "1"},
            id="a load balancer without node ports",
        ),
        pytest.param(
            CLAIMS,
            claim(storageClassName="fast"),
            {
                "count/persistentvolumeclaims": "1",
                "persistentvolumeclaims": "1",
                "requests.storage": "1Gi",
                "fast.storageclass.storage.k8s.io/requests.storage": "1Gi",
                "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
            },
            id="a claim of a class",
        ),
    ],
)
def test_an_object_counts_by_the_names_of_quotas(evaluator, obj, expected):
    """What an object uses is said under each name that a quota may limit."""
    usage = evaluator.usage(from_wire(obj), NOW)

    assert {name: str(amount) for name, amount in usage.items()} == expected
    assert all(map(evaluator.counts, usage))


@pytest.mark.parametrize(
    ("spec", "scope", "matches"),
    [
        pytest.param({"activeDeadlineSeconds": 5}, "Terminating", True, id="a deadline"),
        pytest.param({}, "Terminating", False, id="no deadline"),
        pytest.param({}, "NotTerminating", True, id="without a deadline"),
        pytest.param({}, "BestEffort", True, id="asks for nothing"),
        pytest.param({}, "NotBestEffort", False, id="asks for something"),
        pytest.param({"priorityClassName": "high"}, ("PriorityClass", "In", ["high"]), True, id="of the class"),
        pytest.param({"priorityClassName": "low"}, ("PriorityClass", "NotIn", ["high"]), True, id="of another class"),
        pytest.param({}, ("PriorityClass", "Exists", []), False, id="of no class"),
        pytest.param({}, ("PriorityClass", "DoesNotExist", []), True, id="wanted of no class"),
        pytest.param({}, "CrossNamespacePodAffinity", False, id="looks at no other namespace"),
        pytest.param(
            {
                "affinity": {
                    "podAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": [
                            {"topologyKey": "kubernetes.io/hostname", "namespaces": ["other"]}
                        ]
                    }
                }
            },
            "CrossNamespacePodAffinity",
            True,
            id="looks at another namespace",
        ),
    ],
)
def test_a_quota_counts_the_pods_of_its_scopes(server, limited, spec, scope, matches):
    """A pod out of scope is created however little is left, and not counted."""
    if isinstance(scope, str):
        limited({"pods": "0"}, scopes=[scope])
    else:
        name, operator, values = scope
        one = {"scopeName": name, "operator": operator, **({"values": values} if values else {})}
        limited({"pods": "0"}, scopeSelector={"matchExpressions": [one]})
    for name in ("high", "low"):
        priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
        server.make({**priority, "value": 10})

    assert server.create(pod(**spec)).code == (403 if matches else 201)


def test_what_is_created_is_counted_at_once(server, limited):
    """Two pods take what there is, and the third is told what it wanted, what is used and what is allowed."""
    limited({"pods": "2", "requests.cpu": "1"})
    for name in ("a", "b"):
        assert server.create(pod(name, requests={"cpu": "500m"})).code == 201
    before = server.store
    refusal = server.create(pod("c", requests={"cpu": "500m"}))

    assert refusal.code == 403
    assert refusal.status.message == (
        'pods "c" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=500m, '
        "used: pods=2,requests.cpu=1, limited: pods=2,requests.cpu=1"
    )
    assert server.store is before
    assert used(server) == {"pods": "2", "requests.cpu": "1"}


def test_a_container_says_what_a_quota_limits(server, limited):
    """A quota of CPU or memory wants each container to state it, whatever is left."""
    limited({"limits.cpu": "9", "requests.memory": "9Gi"})

    assert server.create(pod(requests={"memory": "1Mi"})).status.message == (
        'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: c'
    )


def test_a_quota_that_nobody_has_counted_allows_nothing(server, limited):
    """Before usage is known it can't be said that anything is left; before limits are, nothing is limited."""
    server.make({**quota({"pods": "1"}), "metadata": {"name": "new"}})
    assert server.create(pod("a")).code == 201
    limited({"services": "1"})
    counted = server.get("ResourceQuota", "q")
    server.store = server.store.put(attrs.evolve(counted, status=attrs.evolve(counted.status, used=EMPTY)))

    assert server.create(service()).status.message == (
        'services "s" is forbidden: status unknown for quota: q, resources: services'
    )


def test_an_update_is_charged_for_what_it_adds(server, limited):
    """A Service that becomes one with node ports needs them to be left, and pays for the difference only."""
    limited({"services": "1", "services.nodeports": "2"})
    server.make(service())
    assert server.merge("Service", "s", {"spec": {"type": "NodePort"}}).code == 200
    assert used(server) == {"services": "1", "services.nodeports": "2"}
    third = {"spec": {"ports": [{"name": name, "port": port} for name, port in (("a", 80), ("b", 81), ("c", 82))]}}

    assert server.merge("Service", "s", third).code == 403


def test_any_kind_counts_as_objects(server, limited, deployment, config_map):
    """A quota of "count/" and the resource's name limits how many there are; some have a short name, too."""
    limited({"count/deployments.apps": "0", "configmaps": "0"})

    assert server.create(deployment).code == 403
    assert server.create(config_map()).code == 403


def test_a_dry_run_is_judged_but_not_counted(server, limited):
    """What is not stored uses nothing."""
    limited({"pods": "1"})
    assert server.create(pod("a"), dry_run=True).code == 201
    assert used(server) == {"pods": "0"}
    server.make(pod("b"))

    assert server.create(pod("c"), dry_run=True).code == 403


def test_what_has_ended_counts_as_an_object_only():
    """A pod that has succeeded, or that should be gone, uses no "pods" any more."""
    ended = {**pod(), "status": {"phase": "Succeeded"}}
    leaving = pod()
    leaving["metadata"] |= {"deletionTimestamp": "2000-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}

    assert list(PODS.usage(from_wire(ended), NOW)) == ["count/pods"]
    assert "pods" in PODS.usage(from_wire(leaving), Time(NOW + 60))
    assert "pods" not in PODS.usage(from_wire(leaving), Time(NOW + 61))


@given(
    hard=st.integers(0, 5),
    asked=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["create", "delete"])), max_size=12),
)
def test_a_quota_is_never_exceeded(hard, asked):
    """However pods are created and deleted, and whether or not usage is counted anew, no more exist than allowed."""
    store = bootstrap(NOW * 1000)
    made = from_wire({**quota({"pods": str(hard)}), "metadata": {"name": "q", "namespace": "default"}})
    store = store.put(made)
    for name, act in asked:
        key = ObjectKey("Pod", "default", name)
        body = from_wire(pod(name)) if act == "create" else None
        options = Options(grace_period_seconds=0)
        request = Request(verb=Verb(act), key=key, body=body, options=options)
        store = handle(store, request, Context(now=NOW * 1000)).store

        assert len(store.list("Pod", "default")) <= hard


def test_every_namespaced_kind_has_an_evaluator():
    """Whatever can be created in a namespace can be counted, and by one name of its own at least."""
    for kind in KINDS:
        if kind.namespaced:
            assert evaluator_of(kind).counts(f"count/{kind.resource}")
