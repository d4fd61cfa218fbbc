"""Ownership: who controls what, and what becomes of it when labels or owners change."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import structure, to_wire
from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.selectors.label import parse
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.reconcile.ownership import (
    Claimed,
    adoption,
    claim,
    claims,
    controller_ref,
    is_controlled_by,
    release,
    resolve_controller,
)

SELECTOR = parse("app=web")
CONTEXT = Context(now=946_684_800_000)
DELETED = "1999-12-31T23:59:00Z"


def replica_set(uid="u1", *, deleted=False):
    metadata = {"name": "web", "namespace": "default", "uid": uid, "deletionTimestamp": DELETED if deleted else None}
    return structure(ReplicaSet, {"metadata": metadata})


def pod(name="p", app="web", owner=None, *, deleted=False):
    """Return a pod controlled by the ReplicaSet of the uid `owner`, if any."""
    references = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": owner, "controller": True}]
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": f"uid-{name}",
        "labels": {"app": app},
        "ownerReferences": references if owner else [],
        "deletionTimestamp": DELETED if deleted else None,
    }
    return structure(Pod, {"metadata": metadata})


def served(*objects):
    """Return a store in which pods have the spec that an API server would have stored."""
    body = Json.of({"metadata": {"name": "model"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    request = Request(verb=Verb.CREATE, key=key_of(pod("")), body=body)
    spec = handle(bootstrap(CONTEXT.now), request, CONTEXT).response.object.spec
    return Store.of([attrs.evolve(one, spec=spec) if isinstance(one, Pod) else one for one in objects])


def names(pods):
    return [one.metadata.name for one in pods]


def test_the_reference_to_a_controller_blocks_its_deletion():
    """Kind, name and uid are the owner's."""
    reference = controller_ref(replica_set())

    assert (reference.api_version, reference.kind, reference.name, reference.uid) == (
        "apps/v1",
        "ReplicaSet",
        "web",
        "u1",
    )
    assert reference.controller
    assert reference.block_owner_deletion
    assert is_controlled_by(pod(owner="u1"), replica_set())
    assert not is_controlled_by(pod(owner="u2"), replica_set())
    assert not is_controlled_by(pod(), replica_set())


@pytest.mark.parametrize(
    ("owner", "found"),
    [
        pytest.param("u1", True, id="the ReplicaSet of that name and uid"),
        pytest.param("u2", False, id="not one that has taken its name"),
        pytest.param(None, False, id="nothing for a pod that nobody controls"),
    ],
)
def test_a_controller_is_found_by_name_and_uid(owner, found):
    """A reference means one object, not whoever bears its name."""
    store = Store.of([replica_set()])

    assert (resolve_controller(store, pod(owner=owner), ReplicaSet) is not None) is found


@pytest.mark.parametrize(
    ("found", "going", "becomes"),
    [
        pytest.param(pod(owner="u1"), False, "kept", id="owned and selected is kept"),
        pytest.param(pod(owner="u1"), True, "kept", id="also by an owner that goes"),
        pytest.param(pod(app="db", owner="u1"), False, "released", id="owned and not selected is released"),
        pytest.param(pod(app="db", owner="u1"), True, None, id="but not by an owner that goes"),
        pytest.param(pod(), False, "adopted", id="selected and nobody's is adopted"),
        pytest.param(pod(), True, None, id="but not by an owner that goes itself"),
        pytest.param(pod(deleted=True), False, None, id="nor when it is being deleted"),
        pytest.param(pod(app="db"), False, None, id="not selected and nobody's is left alone"),
        pytest.param(pod(owner="u2"), False, None, id="somebody else's is left alone"),
        pytest.param(pod(owner="u1", deleted=True), False, "kept", id="owned stays owned while it is deleted"),
    ],
)
def test_what_becomes_of_an_object(found, going, becomes):
    """Controller, labels and deletion decide."""
    wanted = claims(replica_set(deleted=going), SELECTOR, [found])

    assert {part: names(getattr(wanted, part)) for part in ("kept", "adopted", "released")} == {
        part: ["p"] if part == becomes else [] for part in ("kept", "adopted", "released")
    }


def run(program, answer):
    """Play a program against `answer`; return what it returns and the requests."""
    requests = []
    try:
        calls = next(program)
        while True:
            requests += [call.request for call in calls]
            calls = program.send(tuple(answer(call.request) for call in calls))
    except StopIteration as end:
        return end.value, requests


def server(store):
    """Return an API server over `store` that keeps nothing of what it is told."""
    return lambda request: handle(store, request, CONTEXT).response


def test_nothing_is_asked_when_nothing_changes_hands():
    """Owned and foreign objects cost no request."""
    claimed, requests = run(claim(replica_set(), SELECTOR, [pod("a", owner="u1"), pod("b", owner="u2")]), None)

    assert (names(claimed.objects), claimed.errors, requests) == (["a"], (), [])


def test_an_adoption_reads_the_owner_once_before_it():
    """One live read stands for all adoptions of a turn; what was kept and adopted comes back in order."""
    pods = [pod("a"), pod("b", owner="u1"), pod("c")]

    claimed, requests = run(claim(replica_set(), SELECTOR, pods), server(served(replica_set(), *pods)))

    assert names(claimed.objects) == ["a", "b", "c"]
    assert [(one.verb, one.key.name) for one in requests] == [
        (Verb.GET, "web"),
        (Verb.PATCH, "a"),
        (Verb.PATCH, "c"),
    ]


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        pytest.param([replica_set(deleted=True)], "just been deleted", id="it is being deleted"),
        pytest.param([replica_set("u2")], "got uid u2, wanted u1", id="another has taken its name"),
        pytest.param([], "not found", id="it is gone"),
    ],
)
def test_an_owner_that_is_no_longer_so_adopts_nothing(stored, why):
    """The cache was late; releases are still made, and the sync fails."""
    pods = [pod("a"), pod("b", app="db", owner="u1"), pod("c", owner="u1")]

    claimed, requests = run(claim(replica_set(), SELECTOR, pods), server(served(*stored, *pods)))

    assert names(claimed.objects) == ["c"]
    assert len(claimed.errors) == 1
    assert why in claimed.errors[0]
    assert [one.key.name for one in requests] == ["web", "b"]


@pytest.mark.parametrize(
    ("reason", "adopting", "releasing"),
    [
        pytest.param("NotFound", True, True, id="what is gone needs nothing"),
        pytest.param("Invalid", False, True, id="what has let go already needs nothing"),
        pytest.param("Conflict", False, False, id="anything else is an error"),
    ],
)
def test_which_refusals_are_no_error(reason, adopting, releasing):
    """A refused adoption leaves the object unclaimed, and a refused release fails the sync, but for these."""
    refused = Response(code=400, status=Status(code=400, reason=reason, message="no"))
    granted = Response(code=200, object=replica_set())

    def answer(request):
        return refused if request.verb is Verb.PATCH else granted

    adopted, _ = run(claim(replica_set(), SELECTOR, [pod()]), answer)
    released, _ = run(claim(replica_set(), SELECTOR, [pod(app="db", owner="u1")]), answer)

    assert adopted == Claimed((), () if adopting else ("no",))
    assert released == Claimed((), () if releasing else ("no",))


def test_an_adopted_pod_has_a_controller_and_keeps_its_other_owners():
    """The API server makes of the patch what it says; the release takes only this owner away."""
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "other"}
    wire = to_wire(pod())
    wire["metadata"]["ownerReferences"] = [other]
    orphan = structure(Pod, wire)
    store = served(orphan)

    adopted = handle(store, adoption(replica_set(), orphan), CONTEXT)
    owners = adopted.response.object.metadata.owner_references
    released = handle(adopted.store, release(replica_set(), orphan), CONTEXT)

    assert sorted(one.uid for one in owners) == ["other", "u1"]
    assert adopted.response.object.metadata.controller == controller_ref(replica_set())
    assert [one.uid for one in released.response.object.metadata.owner_references] == ["other"]


def test_a_patch_of_owners_is_meant_for_the_object_of_that_uid():
    """One that has taken its name is not adopted."""
    other = attrs.evolve(pod(), metadata=attrs.evolve(pod().metadata, uid="another"))
    store = served(other)

    refused = handle(store, adoption(replica_set(), pod()), CONTEXT).response

    assert not refused.ok
    assert store.get(key_of(other)).metadata.controller is None
