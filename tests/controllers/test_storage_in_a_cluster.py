"""Storage in a whole cluster: volumes are made, attached, mounted, moved and deleted, and what was written stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storage_bench import (
    applied,
    begun,
    claim,
    claims,
    deleted,
    driver,
    key,
    pod,
    resynced,
    storage_class,
    then,
    volume,
    volumes,
)

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.losses import ASTRAY, RESTART
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.csi.topology import offset_of
from kcore.faults.node_cut_off import NodeCutOff
from kcore.faults.volume_stuck import VolumesFreed, VolumesStuck
from kcore.invariants.disk import attached_disks_have_one_writer, disks_have_one_writer, what_runs_has_its_disks
from kcore.invariants.persistentvolumeclaim import contents_are_found, one_to_one
from kcore.model import advance, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Patch
from kcore.users.taint import AddTaint

MODEL = build_model()
STORAGE = (driver(), storage_class(allowVolumeExpansion=True))
LAZY = (driver(), storage_class(wait=True))
NFS = volume("v", modes=("ReadWriteOnce",), nfs={"server": "files", "path": "/v"})
MINUTE = 60_000


def disk(state):
    """The one disk of the cluster."""
    ((_, found),) = state.world.disks.disks.items()
    return found


def on(state, name):
    """The node and the phase of a pod."""
    found = state.store.get(key("Pod", name))
    return found.spec.node_name, found.status.phase


def reason(state, name):
    """Why a pod has no place."""
    conditions = state.store.get(key("Pod", name)).status.conditions
    return next(one.message for one in conditions if one.type == "PodScheduled")


def attached(state):
    """The nodes to which attachments say that a volume is attached."""
    return [one.spec.node_name for one in state.store.list("VolumeAttachment") if one.status.attached]


def in_one_zone(timing=Timing.PROMPT):
    """Two nodes of one zone and a pod that uses a volume of the driver."""
    state = begun(MODEL, ("n1-a", "n2-a"), timing=timing)
    return applied(MODEL, state, *STORAGE, claim("c", storage_class="std"), pod("p", "c", nodeName="n1-a"))


def moved(state, grace=None):
    """The state in which the pod went and one like it came, on the other node."""
    other = pod("q", "c", nodeSelector={"kubernetes.io/hostname": "n2-a"})
    return applied(MODEL, deleted(MODEL, state, "Pod", "p", grace), other)


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.LAGGING])
def test_a_volume_is_made_bound_attached_and_mounted(timing):
    """Only then does the pod run."""
    state = in_one_zone(timing)
    uid = state.store.get(key("PersistentVolumeClaim", "c")).metadata.uid
    node = on(state, "p")[0]

    assert claims(state) == {"c": ("Bound", f"pvc-{uid}")}
    assert on(state, "p")[1] == "Running"
    assert attached(state) == [node]
    assert (disk(state).contents, disk(state).attached) == ({uid}, {node})
    assert [one.name for one in state.store.get(key("Node", node)).status.volumes_attached] == list(
        state.store.get(key("Node", node)).status.volumes_in_use
    )


def test_without_the_driver_nothing_is_made():
    """As in a cluster where it is not installed: the pod has no place and says why."""
    state = begun(MODEL, ("n1-a",))
    state = applied(MODEL, state, storage_class(), claim("c", storage_class="std"), pod("p", "c"))

    assert claims(state) == {"c": ("Pending", "")}
    assert reason(state, "p").startswith("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")


def test_a_volume_for_a_class_that_waits_is_made_where_the_pod_goes():
    """The pod chooses the zone, and the volume stays there."""
    state = begun(MODEL, ("n1-a", "n2-b", "n3-c"))
    wanted = pod("p", "c", nodeSelector={"topology.kubernetes.io/zone": "b"})
    state = applied(MODEL, state, *LAZY, claim("c", storage_class="std"))
    assert claims(state) == {"c": ("Pending", "")}
    state = applied(MODEL, state, wanted)
    (found,) = state.store.list("PersistentVolume")
    (term,) = found.spec.node_affinity.required.node_selector_terms

    assert on(state, "p") == ("n2-b", "Running")
    assert [(one.key, one.values) for one in term.match_expressions] == [("topology.kubernetes.io/zone", ("b",))]


def test_the_claims_of_a_set_go_round_the_zones():
    """Whatever the first zone is, the next ordinal has the next one."""
    offsets = [offset_of(f"data-db-{ordinal}") for ordinal in range(3)]

    assert [one - offsets[0] for one in offsets] == [0, 1, 2]
    assert offset_of("logs-db-1") == offset_of("data-db-1")


def test_what_was_written_is_found_on_another_node():
    """The disk is taken from the first node before the second has it."""
    state = moved(in_one_zone())

    assert on(state, "q") == ("n2-a", "Running")
    assert attached(state) == ["n2-a"]
    assert contents_are_found(state) is True
    assert not disk(state).torn


def test_a_volume_waits_six_minutes_for_a_node_that_can_not_be_heard():
    """Forced away from the API, the old pod still writes; then the disk is taken from it."""
    state = in_one_zone()
    state = advance(MODEL, then(MODEL, state, NodeCutOff("n1-a")), state.now + 2 * MINUTE)
    state = moved(state, grace=0)
    assert on(state, "q") == ("n2-a", "Pending")
    assert attached(state) == ["n1-a"]
    state = advance(MODEL, state, state.now + 5 * MINUTE)
    assert attached(state) == ["n1-a"]
    state = settle(MODEL, advance(MODEL, state, state.now + MINUTE + 5000)).state

    assert on(state, "q") == ("n2-a", "Running")
    assert attached(state) == ["n2-a"]
    assert [one.running for one in state.world.sandboxes_on("n1-a")] == [True]
    assert attached_disks_have_one_writer(state) is True
    assert disks_have_one_writer(state) is True


def test_a_disk_that_is_not_attached_may_be_written_from_two_machines():
    """Nothing takes an exported directory from a machine that can't be heard."""
    state = applied(MODEL, begun(MODEL, ("n1-a", "n2-a")), NFS, claim("c"))
    state = applied(MODEL, state, pod("p", "c", nodeName="n1-a"))
    state = advance(MODEL, then(MODEL, state, NodeCutOff("n1-a")), state.now + 2 * MINUTE)
    state = moved(state, grace=0)

    assert disks_have_one_writer(state) is not True
    assert attached_disks_have_one_writer(state) is True
    assert disk(state).torn


def test_a_node_that_is_out_of_service_loses_its_volumes_at_once():
    """A person says so with a taint, when the machine is surely off."""
    state = in_one_zone()
    state = advance(MODEL, then(MODEL, state, NodeCutOff("n1-a")), state.now + 2 * MINUTE)
    state = moved(state, grace=0)
    said = AddTaint(node="n1-a", key="node.kubernetes.io/out-of-service", effect="NoExecute")
    state = settle(MODEL, then(MODEL, state, said)).state

    assert on(state, "q") == ("n2-a", "Running")
    assert attached(state) == ["n2-a"]


def test_volumes_that_are_stuck_stay_where_they_are_until_the_driver_answers():
    """The pod that needs one elsewhere waits for as long."""
    state = moved(then(MODEL, in_one_zone(), VolumesStuck()))
    assert on(state, "q") == ("n2-a", "Pending")
    state = settle(MODEL, then(MODEL, state, VolumesFreed())).state

    assert on(state, "q") == ("n2-a", "Running")


def test_a_claim_that_is_used_stays_and_its_volume_goes_with_it():
    """Deleted while a pod uses it, it goes when that goes; the driver deletes volume and disk."""
    state = deleted(MODEL, in_one_zone(), "PersistentVolumeClaim", "c")
    assert claims(state)["c"][0] == "Bound"
    state = resynced(MODEL, deleted(MODEL, state, "Pod", "p"))

    assert (claims(state), volumes(state), attached(state)) == ({}, {}, [])
    assert not state.world.disks.disks


def test_a_bound_claim_may_grow():
    """Where its class allows it the driver makes volume and claim larger."""
    state = in_one_zone()
    grown = Json.of({"spec": {"resources": {"requests": {"storage": "3Gi"}}}})
    target = Target(kind="PersistentVolumeClaim", namespace="default", name="c")
    state = settle(MODEL, then(MODEL, state, Patch(target=target, patch=grown))).state
    (found,) = state.store.list("PersistentVolume")

    assert str(state.store.get(key("PersistentVolumeClaim", "c")).status.capacity["storage"]) == "3Gi"
    assert str(found.spec.capacity["storage"]) == "3Gi"


def test_a_path_of_a_machine_is_another_disk_on_another_machine():
    """A volume that is a host path and does not say of which node loses what was written when its pod moves."""
    state = applied(MODEL, begun(MODEL, ("n1-a", "n2-a")), volume("v"), claim("c"))
    state = applied(MODEL, state, pod("p", "c", nodeName="n1-a"))
    assert contents_are_found(state) is True

    assert contents_are_found(moved(state)) is not True


def test_an_ephemeral_volume_lives_as_long_as_its_pod():
    """Its claim is made for the pod and goes with it."""
    template = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    template["spec"]["storageClassName"] = "std"
    carried = [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": template}}]
    state = applied(MODEL, begun(MODEL, ("n1-a",)), *STORAGE, pod("p", volumes=carried))
    assert on(state, "p") == ("n1-a", "Running")
    assert claims(state)["p-scratch"][0] == "Bound"
    state = resynced(MODEL, deleted(MODEL, state, "Pod", "p"))

    assert (claims(state), volumes(state)) == ({}, {})


FAMILIES = ("persistentvolume", "csi-", "scheduler", "kubelet")
PARTS = build_model(tuple(one for one in COMPONENTS if one.family.startswith(FAMILIES)))
PODS = [pod(name, "c", nodeSelector={"kubernetes.io/hostname": node}) for name in "pq" for node in ("n1-a", "n2-a")]


@given(st.randoms(use_true_random=False), st.sampled_from([Timing.INTERLEAVED, Timing.LAGGING, Timing.LOSSY]))
@settings(max_examples=12, deadline=None)
def test_storage_laws_hold_whatever_is_lost_or_late(chance, timing):
    """Pods come, go and are forced away, nodes are cut off, drivers hang, calls go astray."""
    budget = FrozenMap({"nodePartition": 1, "volumeStuck": 1, "kubeletStop": 1, ASTRAY: 1, RESTART: 1})
    state = begun(PARTS, ("n1-a", "n2-a"), timing=timing, budget=budget)
    state = then(PARTS, state, Apply(objects=(*STORAGE, claim("c", storage_class="std"))))
    for _ in range(120):
        dice = chance.random()
        events = [event for rule in PARTS.moves for event in rule.candidates(state)]
        if dice < 0.08:
            target = Target(kind="Pod", namespace="default", name=chance.choice("pq"))
            grace = chance.choice([None, 0])
            events = [Apply(objects=(chance.choice(PODS),)), Delete(target=target, grace_period_seconds=grace)]
        elif dice < 0.12:
            events = list(PARTS.enabled(state))
        step = PARTS.step(state, chance.choice(events)) if events else state
        state = getattr(step, "state", state)
        assert one_to_one(state) is True
        assert attached_disks_have_one_writer(state) is True
        assert what_runs_has_its_disks(state) is True
        assert contents_are_found(state) is True
