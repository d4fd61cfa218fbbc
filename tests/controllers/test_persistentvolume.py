"""The volume controller: which volume answers a claim, what becomes of both, and when it looks again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storage_bench import (
    BINDER,
    applied,
    begun,
    binder,
    claim,
    claims,
    deleted,
    key,
    resynced,
    storage_class,
    then,
    volume,
    volumes,
)

from kcore.api.json import Json
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.persistentvolume import PERSISTENTVOLUME
from kcore.invariants.persistentvolumeclaim import one_to_one
from kcore.machine import Outcome, Start, always, explore
from kcore.model import build_model, settle
from kcore.users.apply import Apply
from kcore.users.patch import Patch
from kcore.verify.system import cluster_system

MODEL = binder()
RWO, ROX, RWX = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"


def bound(claim_, *found):
    """The volume that a claim gets where these are there before it."""
    state = applied(MODEL, begun(MODEL), *found, claim_)
    return claims(state)["c"][1]


@pytest.mark.parametrize(
    ("wanted", "found", "answer"),
    [
        pytest.param({}, [volume("big", "9Gi"), volume("small", "2Gi")], "small", id="the smallest that is enough"),
        pytest.param({"size": "5Gi"}, [volume("big", "9Gi"), volume("small", "2Gi")], "big", id="one that is enough"),
        pytest.param({"size": "50Gi"}, [volume("big", "9Gi")], "", id="none that is too small"),
        pytest.param({}, [volume("b"), volume("a")], "a", id="of equals the first by name"),
        pytest.param({"storage_class": "fast"}, [volume("a")], "", id="none of another class"),
        pytest.param({"storage_class": ""}, [volume("a", storage_class="")], "a", id="of no class where none is asked"),
        pytest.param({"modes": (RWX,)}, [volume("a")], "", id="none that serves another access"),
        pytest.param({}, [volume("a", modes=(RWO, ROX)), volume("b", "3Gi")], "b", id="the fewest access modes first"),
        pytest.param({}, [volume("a", modes=(RWO, ROX))], "a", id="one that can be used in more ways"),
        pytest.param({"volumeMode": "Block"}, [volume("a")], "", id="no files where a device is asked for"),
        pytest.param(
            {"selector": {"matchLabels": {"tier": "gold"}}},
            [volume("a"), volume("b", "3Gi", labels={"tier": "gold"})],
            "b",
            id="one with the labels",
        ),
        pytest.param({}, [volume("a"), volume("b", "3Gi", claim="c")], "b", id="what is reserved for it first"),
        pytest.param({}, [volume("a", claim="another")], "", id="nothing that is reserved for another"),
        pytest.param({"volumeName": "b"}, [volume("a"), volume("b", "3Gi")], "b", id="what it asks for by name"),
    ],
)
def test_a_claim_gets(wanted, found, answer):
    """The volume that upstream's search finds."""
    assert bound(claim("c", **wanted), *found) == answer


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"size": "5Gi"}, volume("v"), id="too small"),
        pytest.param({"storage_class": "fast"}, volume("v"), id="of another class"),
        pytest.param({"modes": (RWX,)}, volume("v"), id="of other access modes"),
        pytest.param({"volumeMode": "Block"}, volume("v"), id="of another mode"),
        pytest.param({}, volume("v", claim="another"), id="somebody else's"),
    ],
)
def test_a_volume_that_is_asked_for_by_name_has_to_do(wanted, found):
    """The claim waits, and the volume is left alone."""
    state = applied(MODEL, begun(MODEL), found, claim("c", volumeName="v", **wanted))

    assert claims(state) == {"c": ("Pending", "v")}
    assert volumes(state) == {"v": "Available"}


def test_a_binding_is_written_on_both_sides():
    """With the marks by which later syncs know it, and the capacity of the volume."""
    state = applied(MODEL, begun(MODEL), volume("v", "2Gi"), claim("c"))
    bound_claim, found = (
        state.store.get(key(*one)) for one in (("PersistentVolumeClaim", "c"), ("PersistentVolume", "v"))
    )

    assert dict(bound_claim.metadata.annotations) == {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
    }
    assert dict(found.metadata.annotations) == {"pv.kubernetes.io/bound-by-controller": "yes"}
    assert found.spec.claim_ref.uid == bound_claim.metadata.uid
    assert (str(bound_claim.status.capacity["storage"]), bound_claim.status.access_modes) == ("2Gi", (RWO,))
    assert (found.status.phase, bound_claim.status.phase) == ("Bound", "Bound")


def test_a_settled_binding_is_left_alone():
    """Another look writes nothing."""
    state = applied(MODEL, begun(MODEL), volume("v"), volume("w"), claim("c"), claim("d", "9Gi"))

    assert resynced(MODEL, state).store == state.store


def test_a_claim_that_waits_is_looked_at_with_the_next_resync():
    """A volume that comes later is not found at once, but within 15 s."""
    state = applied(MODEL, begun(MODEL), claim("c"))
    state = applied(MODEL, state, volume("v"))
    assert claims(state) == {"c": ("Pending", "")}
    assert volumes(state) == {"v": "Available"}

    assert claims(resynced(MODEL, state)) == {"c": ("Bound", "v")}


def test_a_claim_without_a_class_gets_the_default_one_when_there_is_one():
    """With the next resync; then it is bound to a volume of that class."""
    state = applied(MODEL, begun(MODEL), volume("v", storage_class="std"), claim("c", storage_class=None))
    assert claims(state) == {"c": ("Pending", "")}
    state = resynced(MODEL, applied(MODEL, state, storage_class("std", default=True)))

    assert state.store.get(key("PersistentVolumeClaim", "c")).spec.storage_class_name == "std"
    assert claims(state) == {"c": ("Bound", "v")}


def test_a_claim_whose_class_waits_is_left_to_the_scheduler():
    """Unless a volume is reserved for it."""
    waiting = storage_class("local", "kubernetes.io/no-provisioner", wait=True)
    found = volume("a", storage_class="local"), volume("b", storage_class="local", claim="mine")
    asked = claim("c", storage_class="local"), claim("mine", storage_class="local")
    state = applied(MODEL, begun(MODEL), waiting, *found, *asked)

    assert claims(state) == {"c": ("Pending", ""), "mine": ("Bound", "b")}


def test_a_claim_is_handed_to_the_provisioner_of_its_class():
    """Also where the provisioner was once part of Kubernetes."""
    classes = storage_class("std"), storage_class("old", "kubernetes.io/aws-ebs")
    asked = claim("c", storage_class="std"), claim("d", storage_class="old"), claim("e", storage_class="none")
    state = applied(MODEL, begun(MODEL), *classes, *asked)
    told = {
        one.metadata.name: one.metadata.annotations.get("volume.kubernetes.io/storage-provisioner")
        for one in state.store.list("PersistentVolumeClaim")
    }

    assert told == {"c": "disk.example.com", "d": "ebs.csi.aws.com", "e": None}
    assert {phase for phase, _ in claims(state).values()} == {"Pending"}


# What becomes of a volume whose claim is gone


@pytest.mark.parametrize(
    ("found", "phase"),
    [
        pytest.param(volume("v", policy="Retain"), "Released", id="retained"),
        pytest.param(volume("v", policy="Recycle"), "Available", id="recycled"),
        pytest.param(volume("v", policy="Delete"), "Failed", id="a host path elsewhere can't be deleted"),
        pytest.param(volume("v", policy="Delete", hostPath={"path": "/tmp/v"}), None, id="a host path below /tmp can"),  # noqa: S108 - the path that upstream deletes
        pytest.param(
            volume("v", policy="Delete", nfs={"server": "s", "path": "/"}), "Failed", id="NFS can't be deleted"
        ),
        pytest.param(
            volume(
                "v",
                policy="Delete",
                csi={"driver": "d.io", "volumeHandle": "h"},
                annotations={"pv.kubernetes.io/provisioned-by": "d.io"},
            ),
            "Released",
            id="a driver's volume is left to the driver",
        ),
    ],
)
def test_a_volume_whose_claim_is_gone_is(found, phase):
    """Released, and then what its policy says."""
    state = applied(MODEL, begun(MODEL), found, claim("c"))
    assert claims(state) == {"c": ("Bound", "v")}
    state = deleted(MODEL, state, "PersistentVolumeClaim", "c")

    assert volumes(state).get("v") == phase
    assert claims(state) == {}


def test_a_retained_volume_is_not_given_to_the_next_claim_of_the_name():
    """It is the claim with the uid that it belonged to."""
    state = applied(MODEL, begun(MODEL), volume("v"), claim("c"))
    state = applied(MODEL, deleted(MODEL, state, "PersistentVolumeClaim", "c"), claim("c"))

    assert claims(resynced(MODEL, state)) == {"c": ("Pending", "")}
    assert volumes(state) == {"v": "Released"}


def test_a_claim_whose_volume_is_gone_is_lost():
    """A volume that is bound is held by its finalizer; somebody has to take that away first."""
    state = applied(MODEL, begun(MODEL), volume("v"), claim("c"))
    state = deleted(MODEL, state, "PersistentVolume", "v")
    assert volumes(state) == {"v": "Bound"}
    freed = Json.of({"metadata": {"finalizers": None}})
    freed = Patch(target=Target(kind="PersistentVolume", namespace="", name="v"), patch=freed)
    state = settle(MODEL, then(MODEL, state, freed)).state

    assert volumes(state) == {}
    assert claims(state) == {"c": ("Lost", "v")}


# Laws

SMALL = (volume("v1"), volume("v2", "2Gi"), claim("c1"), claim("c2"))


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.INTERLEAVED, Timing.LAGGING])
def test_bindings_are_one_to_one_in_every_order_of_events(timing):
    """Two claims and two volumes, searched to the end: each claim has one, and no two the same."""
    model = build_model((PERSISTENTVOLUME,))
    start = then(model, begun(model, timing=timing), Apply(objects=SMALL))
    findings = explore(cluster_system(model, {Start("s"): start}), [always("one to one", one_to_one)])

    assert findings.verdicts[0].outcome is Outcome.HOLDS
    assert findings.coverage.limit is None


@given(st.permutations(SMALL), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_whatever_comes_first_all_are_bound_in_the_end(objects, chance):
    """Volumes before claims or after them, caches late or not: with a late one it may take two resyncs."""
    model = build_model(BINDER)
    state = begun(model, timing=Timing.LAGGING)
    for one in objects:
        state = then(model, state, Apply(objects=(one,)))
        for _ in range(chance.randrange(6)):
            events = [event for rule in model.moves for event in rule.candidates(state)]
            state = model.step(state, chance.choice(events)).state if events else state
            assert one_to_one(state) is True
    state = resynced(model, resynced(model, settle(model, state).state))

    assert sorted(name for phase, name in claims(state).values() if phase == "Bound") == ["v1", "v2"]
