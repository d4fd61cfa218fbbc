"""Laws about all objects and their owners, on states made by hand: those that meet them and those that break them."""

from __future__ import annotations

import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import at, busy, changed, cluster, deployment, forgotten, pod, replica_set

from kcore.api.evolve import evolve
from kcore.apiserver.changes import Change

RS = replica_set(1)
HELD = changed(RS, finalizers=["a/b"])
GOING = {"deletionTimestamp": "2000-01-01T00:00:00Z", "deletionGracePeriodSeconds": 0}
LATER = {"deletionTimestamp": "2000-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
OTHER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api", "uid": "api", "controller": True}
WEB = {**OTHER, "name": "web", "uid": "rs"}


def out_of_order():
    """A log in which a change stands twice."""
    state = cluster(RS, changed(RS, labels={"a": "b"}))
    return evolve(state, store=evolve(state.store, log=state.store.log.append(state.store.log[0])))


def of_another_version():
    """A change whose object carries another version than the revision that wrote it."""
    state = cluster(RS)
    (last,) = state.store.log
    new = evolve(last.new, metadata=evolve(last.new.metadata, resource_version="1"))
    log = state.store.log.set(0, Change(revision=last.revision, key=last.key, old=None, new=new))
    return evolve(state, store=evolve(state.store, log=log))


@pytest.mark.parametrize(
    ("name", "state", "culprits"),
    [
        pytest.param("revisions-grow", cluster(RS, deployment(1)), (), id="revisions: one after the other"),
        pytest.param("revisions-grow", out_of_order(), ("ReplicaSet/web",), id="revisions: one comes again"),
        pytest.param("revisions-grow", of_another_version(), ("ReplicaSet/web",), id="revisions: not the version"),
        pytest.param("uids-stay", cluster(RS, at(RS), changed(RS, uid="new")), (), id="uids: deleted in between"),
        pytest.param("uids-stay", cluster(RS, changed(RS, uid="new")), ("ReplicaSet/web",), id="uids: another"),
        pytest.param(
            "deletion-is-final",
            cluster(changed(RS, **LATER), changed(RS, **GOING)),
            (),
            id="deletion: the grace is shortened",
        ),
        pytest.param(
            "deletion-is-final",
            cluster(changed(RS, **GOING), changed(RS, **LATER)),
            ("ReplicaSet/web",),
            id="deletion: put off",
        ),
        pytest.param("deletion-is-final", cluster(changed(RS, **GOING), RS), ("ReplicaSet/web",), id="deletion: off"),
        pytest.param("finalizers-hold", cluster(RS, at(RS)), (), id="finalizers: none, and gone at once"),
        pytest.param("finalizers-hold", cluster(changed(HELD, **GOING), at(RS)), (), id="finalizers: marked before"),
        pytest.param("finalizers-hold", cluster(HELD, at(RS)), ("ReplicaSet/web",), id="finalizers: gone at once"),
        pytest.param(
            "generations-grow", cluster(RS, changed(replica_set(2), generation=2)), (), id="generations: with the spec"
        ),
        pytest.param(
            "generations-grow", cluster(RS, replica_set(2)), ("ReplicaSet/web",), id="generations: left behind"
        ),
        pytest.param(
            "generations-grow", cluster(changed(RS, generation=2), RS), ("ReplicaSet/web",), id="generations: shrunk"
        ),
        pytest.param("generations-grow", cluster(pod("p", node=""), pod("p")), (), id="generations: a pod is bound"),
        pytest.param("status-not-ahead", cluster(changed(RS, generation=2)), (), id="status: behind"),
        pytest.param(
            "status-not-ahead",
            cluster(replica_set(1, status={"observedGeneration": 2})),
            ("ReplicaSet/web",),
            id="status: ahead",
        ),
        pytest.param("one-controller", cluster(pod("p")), (), id="controllers: one"),
        pytest.param(
            "one-controller",
            cluster(pod("p", ownerReferences=[WEB, OTHER])),
            ("Pod/p", "ReplicaSet/web", "ReplicaSet/api"),
            id="controllers: two",
        ),
        pytest.param(
            "adopted-by-the-living", cluster(RS, pod("p", owner=None), pod("p")), (), id="adoption: by one there"
        ),
        pytest.param(
            "adopted-by-the-living",
            cluster(changed(RS, uid="new"), pod("p", owner=None), pod("p")),
            ("Pod/p", "ReplicaSet/web"),
            id="adoption: by one of another uid",
        ),
        pytest.param(
            "adopted-by-the-living",
            cluster(RS, pod("p", owner=None), pod("p"), at(RS)),
            (),
            id="adoption: by one that went later",
        ),
        pytest.param(
            "adopted-by-the-living",
            cluster(RS, pod("p", owner=None), at(RS), pod("p")),
            ("Pod/p", "ReplicaSet/web"),
            id="adoption: by one that was gone",
        ),
        pytest.param(
            "nothing-left-behind-when-settled",
            cluster(RS, pod("p"), at(RS)),
            ("Pod/p", "ReplicaSet/web"),
            id="collection: a pod is left",
        ),
        pytest.param(
            "nothing-left-behind-when-settled",
            busy(cluster(RS, pod("p"), at(RS)), "garbage-collector-controller"),
            (),
            id="collection: the collector is still at it",
        ),
        pytest.param(
            "nothing-left-behind-when-settled",
            cluster(RS, pod("p", **GOING), at(RS)),
            (),
            id="collection: the pod is leaving",
        ),
        pytest.param(
            "nothing-left-behind-when-settled", cluster(RS, pod("p")), (), id="collection: the owner is there"
        ),
    ],
)
def test_an_invariant_of_objects_blames_who_breaks_it(name, state, culprits):
    """Nobody where it holds, and else the objects, in order."""
    assert blamed(name, state) == culprits


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("revisions-grow", cluster(RS, changed(RS, labels={"a": "b"})), id="a change"),
        pytest.param("deletion-is-final", cluster(changed(RS, **LATER), changed(RS, **GOING)), id="a shorter grace"),
        pytest.param("finalizers-hold", cluster(changed(HELD, **GOING)), id="finalizers of something going"),
        pytest.param("generations-grow", cluster(RS, changed(RS, generation=2)), id="a new generation"),
        pytest.param("status-not-ahead", cluster(RS), id="an observed generation"),
        pytest.param("one-controller", cluster(pod("p")), id="a controller"),
        pytest.param("adopted-by-the-living", cluster(RS, pod("p", owner=None), pod("p")), id="an adoption"),
        pytest.param(
            "nothing-left-behind-when-settled", cluster(RS, pod("p"), at(RS), at(pod("p"))), id="an owner and its pod"
        ),
    ],
)
def test_an_invariant_of_objects_is_put_to_the_test(name, state):
    """The witness tells the states in which it says something, by what is in the log."""
    assert witnessed(name, state)
    assert not witnessed(name, cluster())
    assert not witnessed(name, forgotten(state))
