"""The census: counts that follow the store are those that one would count anew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.apiserver.store import EMPTY, Store
from kcore.client.view import View
from kcore.reconcile.census import controlled, count, orphans, total
from kcore.reconcile.derived import REMEMBERED, Derived


def pod(name, owner=None, *, phase="Running", ready=None, app="web", deleted=False):
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": owner, "controller": True}
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": ready}
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": name,
        "labels": {"app": app},
        "ownerReferences": [reference] if owner else [],
        "deletionTimestamp": "2000-01-01T00:00:00Z" if deleted else None,
    }
    return structure(
        Pod, {"metadata": metadata, "status": {"phase": phase, "conditions": [condition] if ready else []}}
    )


def test_pods_that_agree_are_one_sort():
    """Names don't tell sorts apart; readiness, labels and phase do."""
    since = "2000-01-01T00:00:00Z"
    pods = [pod("a"), pod("b"), pod("c", ready=since), pod("d", app="db"), pod("e", phase="Failed"), pod("f")]

    counts = count(pods)

    assert sorted(number for _, number in counts) == [1, 1, 1, 3]
    assert total(counts) == 6
    assert counts == count(reversed(pods))


def test_a_pod_counts_for_its_controller_or_for_its_namespace():
    """Who controls it decides, not who is among its owners."""
    view = View(Store.of([pod("a", "u1"), pod("b", "u2"), pod("c")]), 0)

    assert controlled(view, "u1") == count([pod("a")])
    assert controlled(view, "u3") == ()
    assert orphans(view, "default") == count([pod("c")])
    assert orphans(view, "other") == ()


pods = st.builds(
    pod,
    st.sampled_from("abcd"),
    st.sampled_from([None, "u1", "u2"]),
    phase=st.sampled_from(["Pending", "Running", "Failed"]),
    ready=st.sampled_from([None, "2000-01-01T00:00:00Z", "2000-01-01T00:00:09Z"]),
    app=st.sampled_from(["web", "db"]),
    deleted=st.booleans(),
)
writes = st.lists(st.one_of(pods, st.sampled_from("abcd")), min_size=3, max_size=20)


@settings(max_examples=60)
@given(writes, writes)
def test_counts_that_follow_are_those_counted_anew(trunk, branch):
    """Whatever is written, taken away or compacted, also when two histories of one store are looked at in turn."""
    store = EMPTY
    for at, write in enumerate(trunk):
        store = written(store, write)
        check(store)
        if at == len(trunk) // 2:
            store = store.compact(store.revision - 1)
    one, other = store, store
    for left, right in zip(trunk, branch, strict=False):
        one, other = written(one, left), written(other, right)
        check(one)
        check(other)


def written(store, write):
    """Put a pod, or take away the one of that name."""
    if isinstance(write, Pod):
        return store.put(write)
    key = key_of(pod(write))
    return store.remove(key) if store.get(key) else store


def check(store):
    view = View(store, 0)
    found = store.list("Pod")
    for uid in ("u1", "u2"):
        mine = [one for one in found if one.metadata.controller and one.metadata.controller.uid == uid]
        assert controlled(view, uid) == count(mine)
    assert orphans(view, "default") == count(one for one in found if one.metadata.controller is None)


def test_a_derived_value_costs_what_changed():
    """The store that went on is folded from where it was; one that is not remembered any more from its beginning."""
    folded = []
    names = Derived((), lambda value, old, new: (folded.append(new), (*value, new.metadata.name))[1], ("Pod",))
    store = EMPTY.put(pod("a"))

    assert names(store) == ("a",)
    assert names(store.put(pod("b"))) == ("a", "b")
    assert len(folded) == 2
    for _ in range(REMEMBERED):
        names(EMPTY.put(pod("c")))
    assert names(store) == ("a",)
    assert len(folded) == 2 + REMEMBERED + 1
