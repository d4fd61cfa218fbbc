"""The attach/detach controller: to which nodes a volume goes, and when it may be taken from one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import structure
from kcore.api.core.node import Node
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.client.instant import Instant
from kcore.controllers.attachdetach.reconciler import MAX_WAIT_FOR_UNMOUNT, Attached, plan_of
from kcore.reconcile.attachment import attachment_name, unique_name
from kcore.world.disk import DiskId

DISK = DiskId("d.io", "h")
NOW = 10_000_000
LATE = FrozenMap({"n1": Instant(NOW - MAX_WAIT_FOR_UNMOUNT)})


def node(name="n1", *, uses=False, ready=True, taint=""):
    status = {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]}
    status["volumesInUse"] = [unique_name(DISK)] if uses else []
    taints = [{"key": taint, "effect": "NoExecute"}] if taint else []
    return structure(Node, {"metadata": {"name": name}, "spec": {"taints": taints}, "status": status})


def planned(wanted, *actual, since=EMPTY, shared=False):
    return plan_of(DISK, wanted, actual, since, NOW, shared=shared)


@pytest.mark.parametrize(
    ("found", "since", "taken"),
    [
        pytest.param(node(), EMPTY, True, id="a node that does not use it"),
        pytest.param(None, EMPTY, True, id="a node that is gone"),
        pytest.param(node(uses=True), EMPTY, False, id="a node that uses it"),
        pytest.param(node(uses=True), LATE, False, id="a ready node that uses it for ever"),
        pytest.param(node(uses=True, ready=False), EMPTY, False, id="a node that can't be heard"),
        pytest.param(node(uses=True, ready=False), LATE, True, id="a node that could not be heard for six minutes"),
        pytest.param(
            node(uses=True, taint="node.kubernetes.io/out-of-service"), EMPTY, True, id="a node out of service"
        ),
    ],
)
def test_a_volume_that_nobody_wants_is_taken_from(found, since, taken):
    """Only when that is safe, or nothing else is left."""
    plan = planned((), Attached(name="n1", node=found, attached=True), since=since)

    assert plan.detach == (("n1",) if taken else ())
    assert set(plan.since) == (set() if taken else {"n1"})


def test_a_volume_for_one_node_waits_for_the_other_to_let_go():
    """Also while that is on its way out."""
    for leaving in (False, True):
        plan = planned(("n2",), Attached(name="n1", node=node(uses=True), attached=True, leaving=leaving))

        assert (plan.attach, plan.refused) == ((), ("n2",))


def test_a_volume_that_may_be_shared_goes_everywhere():
    """Whoever has it."""
    plan = planned(("n1", "n2", "n3"), Attached(name="n1", node=node(), attached=True), shared=True)

    assert (plan.attach, plan.refused, plan.detach) == (("n2", "n3"), (), ())


def test_of_two_nodes_that_want_it_at_once_the_first_by_name_gets_it():
    """One attachment is made, not two."""
    assert planned(("n1", "n2")).attach == ("n1",)


NAMES = st.frozensets(st.sampled_from(["n1", "n2", "n3"]))
ATTACHED = st.lists(
    st.builds(
        Attached,
        name=st.sampled_from(["n1", "n2", "n3"]),
        node=st.builds(node, uses=st.booleans(), ready=st.booleans()),
        attached=st.booleans(),
        leaving=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: one.name,
)


@given(NAMES, ATTACHED, st.booleans())
def test_what_is_wanted_is_never_taken_and_what_is_there_never_attached_again(wanted, actual, shared):
    """And a volume for one node is attached only where it is attached nowhere."""
    plan = planned(tuple(sorted(wanted)), *actual, shared=shared)
    there = {one.name for one in actual}

    assert not set(plan.detach) & wanted
    assert set(plan.attach) <= wanted - there
    assert shared or len(plan.attach) + len(there) <= max(1, len(there))


def test_an_attachment_is_named_after_disk_and_node():
    """So that it can't be made twice."""
    assert attachment_name(DISK, "n1") == attachment_name(DISK, "n1") != attachment_name(DISK, "n2")
    assert attachment_name(DISK, "n1").startswith("csi-")
