"""Heeding: what is new about a change, and that nobody misses work for not being asked."""

from __future__ import annotations

import functools

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.batch.job import Job
from kcore.api.convert import structure
from kcore.api.core.node import Node
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.core.resourcequota import ResourceQuota
from kcore.api.core.service import Service
from kcore.api.kinds import key_of
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.client.heeding import NOTHING, Gist, Heeding, News, gist_of
from kcore.model.components import COMPONENTS
from kcore.reconcile.census import COUNTED, sort_of

OWNERS = {ReplicaSet: "apps/v1", StatefulSet: "apps/v1", DaemonSet: "apps/v1", Job: "batch/v1"}
LABELS = {"app": "web"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c"}]}}
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"
CLAIMED = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]


def owner(cls):
    """A controller of the class that selects the pods."""
    spec = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
    return structure(cls, {"metadata": {"name": "o", "namespace": "default", "uid": cls.__name__}, "spec": spec})


@functools.cache
def store():
    """A cluster in which something waits for each sort of news."""
    out_of_service = [{"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}]
    meta = {"namespace": "default"}
    claim = {**meta, "name": "data", "deletionTimestamp": EARLY, "finalizers": ["kubernetes.io/pvc-protection"]}
    return Store.of(
        [
            *map(owner, OWNERS),
            structure(Node, {"metadata": {"name": "n1"}}),
            structure(Node, {"metadata": {"name": "n2"}, "spec": {"taints": out_of_service}}),
            structure(Service, {"metadata": {**meta, "name": "web"}, "spec": {"selector": LABELS}}),
            structure(ResourceQuota, {"metadata": {**meta, "name": "q"}, "spec": {"hard": {"pods": "1"}}}),
            structure(PersistentVolumeClaim, {"metadata": claim}),
        ]
    )


def controlled(cls):
    """The references of a pod that an object of the class controls."""
    one = {"apiVersion": OWNERS[cls], "kind": cls.__name__, "name": "o", "uid": cls.__name__, "controller": True}
    return [one]


metadata = st.fixed_dictionaries(
    {"name": st.just("p"), "namespace": st.just("default"), "uid": st.sampled_from(["u1", "u1", "u1", "u2"])},
    optional={
        "labels": st.sampled_from([LABELS, {"app": "db"}]),
        "ownerReferences": st.sampled_from([controlled(cls) for cls in OWNERS]),
        "deletionTimestamp": st.sampled_from([EARLY, LATE]),
        "finalizers": st.just(["batch.kubernetes.io/job-tracking"]),
    },
)
specs = st.fixed_dictionaries(
    {"containers": st.just([{"name": "c"}])},
    optional={
        "nodeName": st.sampled_from(["n1", "n2", "n3"]),
        "volumes": st.just(CLAIMED),
        "tolerations": st.just([{"operator": "Exists"}]),
        "hostname": st.just("h"),
        "priority": st.just(5),
    },
)
statuses = st.fixed_dictionaries(
    {"phase": st.sampled_from(["Pending", "Running", "Succeeded", "Failed"])},
    optional={
        "podIPs": st.sampled_from([[{"ip": "10.0.0.1"}], [{"ip": "10.0.0.2"}]]),
        "conditions": st.sampled_from(
            [
                [{"type": "Ready", "status": status, "lastTransitionTime": time}]
                for status, time in (("True", EARLY), ("True", LATE), ("False", EARLY))
            ]
        ),
        "containerStatuses": st.just([{"name": "c", "resources": {"requests": {"cpu": "1"}}}]),
    },
)
PARTS = ("metadata", "spec", "status")
pods = st.builds(lambda *parts: structure(Pod, dict(zip(PARTS, parts, strict=True))), metadata, specs, statuses)


@st.composite
def changes(draw):
    """A change of a pod of which some parts stay what they were."""
    old, new = draw(st.none() | pods), draw(st.none() | pods)
    assume(old is not None or new is not None)
    if old is not None and new is not None:
        new = attrs.evolve(new, **{part: getattr(old, part) for part in PARTS if draw(st.booleans())})
    return Change(revision=99, key=key_of(new or old), old=old, new=new)


HEEDING = {one.family: one.watches["Pod"] for one in COMPONENTS if isinstance(one.watches.get("Pod"), Heeding)}
COUNTING = ("replicaset-controller", "replicationcontroller-controller")


@pytest.mark.parametrize("family", sorted(set(HEEDING) - set(COUNTING)))
@given(change=changes())
def test_who_is_not_asked_would_have_had_no_work(family, change):
    """What a component declares to heed leaves out what its watch makes nothing of."""
    watch, now = HEEDING[family], store()
    now = now.put(change.new) if change.new is not None else now
    asked = list(watch.watch(change, now))

    assert list(watch(change, now)) in (asked, [])
    assert watch.heeds(gist_of(change)) or not asked


@given(change=changes())
def test_pods_without_news_for_their_count_are_counted_as_before(change):
    """Controllers that count sorts of pods are told of all that makes a pod one of another sort."""
    old, new = change.old, change.new
    if not gist_of(change).news & COUNTED.value:
        assert old is not None
        assert new is not None
        assert sort_of(old) == sort_of(new)
        assert old.metadata.controller == new.metadata.controller


@given(change=changes())
def test_a_gist_follows_from_what_the_objects_say(change):
    """Equal parts are no news, whether or not they are the same ones in memory."""
    copies = {
        side: None
        if one is None
        else attrs.evolve(one, metadata=attrs.evolve(one.metadata), spec=attrs.evolve(one.spec))
        for side, one in (("old", change.old), ("new", change.new))
    }

    assert gist_of(attrs.evolve(change, **copies)) == gist_of(change)


def test_news_of_another_kind_are_of_its_metadata_and_spec():
    """A status that was written is no news to whoever heeds the spec, and an owner of another kind keeps silent."""
    old = owner(ReplicaSet)
    new = attrs.evolve(old, spec=attrs.evolve(old.spec, replicas=3))
    written = attrs.evolve(old, status=attrs.evolve(old.status, replicas=3))
    found = {gist_of(Change(revision=1, key=key_of(old), old=old, new=one)) for one in (new, written)}

    assert found == {Gist("", News.SPEC.value), Gist("", NOTHING.value)}


def test_a_watch_hears_of_pods_of_its_own_kind_and_of_nobody():
    """What another kind controls is left out, until that lets go or the pod is being deleted."""
    watch = Heeding(lambda change, _: [Work(LEADER, change.key)], owner="Job")
    mine, others = (structure(Pod, {"metadata": {"ownerReferences": controlled(cls)}}) for cls in (Job, ReplicaSet))
    free = structure(Pod, {"metadata": {"labels": LABELS}})
    changed = {"mine": (None, mine), "of others": (None, others), "free": (None, free), "let go": (others, free)}
    heard = {
        name: bool(list(watch(Change(revision=1, key=key_of(new), old=old, new=new), Store())))
        for name, (old, new) in changed.items()
    }

    assert heard == {"mine": True, "of others": False, "free": True, "let go": True}
