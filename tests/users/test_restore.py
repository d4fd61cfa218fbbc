"""A restore: the cluster goes back to what a backup says, and the machines follow."""

from __future__ import annotations

import pytest

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.backup import save
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.users.patch import Scale
from kcore.users.restore import Restore

NODES = [NodeSpec(name=f"n{number}", capacity={"cpu": "4", "memory": "8Gi", "pods": "110"}) for number in (1, 2)]
MODEL = build_model()


def deployment(name, replicas):
    labels = {"app": name}
    container = {"name": "c", "image": "app:v1"}
    return Json.of(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }
    )


def settled(state, *events):
    for event in events:
        step = MODEL.step(state, event)
        assert not isinstance(step, Refusal), step
        state = step.state
    return settle(MODEL, state).state


@pytest.fixture(scope="module")
def before():
    """A settled cluster with a Deployment of two."""
    return settled(boot(MODEL, Plan(nodes=NODES)), Apply(objects=(deployment("web", 2),)))


def running(state):
    """The pods whose containers run, on machines."""
    return {sandbox.pod.name for sandbox in state.world.sandboxes.values() if sandbox.running}


def pods(state):
    return {pod.metadata.name for pod in state.store.list("Pod", "default")}


def test_what_came_after_the_backup_is_gone(before):
    """Objects made since are not there any more, and what ran for them is stopped; what was scaled is as it was."""
    text = save(before.store, before.now)
    later = settled(
        before,
        Apply(objects=(deployment("api", 2),)),
        Scale(target=Target(kind="Deployment", namespace="default", name="web"), replicas=4),
    )
    assert len(running(later)) == 6
    after = settled(later, Restore(text))

    assert after.store.get(ObjectKey("Deployment", "default", "api")) is None
    assert pods(after) == running(after) == pods(before)


def test_what_was_deleted_since_comes_back(before):
    """Pods that the backup has and no machine runs any more are run again, or replaced."""
    text = save(before.store, before.now)
    later = settled(before, Scale(target=Target(kind="Deployment", namespace="default", name="web"), replicas=0))
    assert not running(later)
    after = settled(later, Restore(text))

    assert len(pods(after)) == 2
    assert running(after) == pods(after)


def test_revisions_go_on(before):
    """What is written after a restore is later than anything that anybody saw."""
    text = save(before.store, before.now)
    later = settled(before, Apply(objects=(deployment("api", 2),)))
    step = MODEL.step(later, Restore(text))

    assert step.state.store.revision > later.store.revision
    assert step.state.store.changes_since(later.store.revision) is None
    assert step.state.store.minted.uids >= later.store.minted.uids


def test_caches_that_lag_list_anew():
    """Under wilder timings the caches hear of the restore like of everything else: later, and as a whole."""
    early = settled(boot(MODEL, Plan(nodes=NODES, timing=Timing.LAGGING)), Apply(objects=(deployment("web", 2),)))
    late = settled(early, Apply(objects=(deployment("api", 1),)))
    after = settled(late, Restore(save(early.store, early.now)))

    assert pods(after) == pods(early)
    assert running(after) == pods(after)


def test_workloads_move_to_another_cluster(before):
    """A backup restored into a cluster with the same nodes runs there, from nothing."""
    elsewhere = settled(boot(MODEL, Plan(nodes=NODES)), Restore(save(before.store, before.now)))

    assert running(elsewhere) == pods(elsewhere)
    assert len(running(elsewhere)) == 2


def test_a_text_that_is_no_backup_is_refused(before):
    """The refusal says why, and nothing happens."""
    refusal = MODEL.step(before, Restore("nonsense"))

    assert isinstance(refusal, Refusal)
    assert "not a backup" in str(refusal)


def test_an_idle_cluster_stays_as_it_is(before):
    """Restoring what is there changes nothing but the revision."""
    after = settled(before, Restore(save(before.store, before.now)))
    later = advance(MODEL, before, after.now)

    assert sorted(after.store.objects) == sorted(later.store.objects)
