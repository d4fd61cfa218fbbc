"""Strategic merge patch: merge keys, directives, and the order of merged lists."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.fields import type_of
from kcore.apiserver.patch.order import in_order
from kcore.apiserver.patch.strategic import PatchError, strategic_patch

POD = type_of("v1", "Pod")
DEPLOYMENT = type_of("apps/v1", "Deployment")


def spec(**fields):
    return {"spec": fields}


def containers(*names, **fields):
    return [{"name": name, "image": f"{name}:v1", **fields} for name in names]


CASES = {
    "an object merges": (spec(nodeName="a"), spec(hostname="h"), spec(nodeName="a", hostname="h")),
    "null removes": (spec(nodeName="a", hostname="h"), spec(hostname=None), spec(nodeName="a")),
    "null of what is not there is dropped": (spec(), spec(hostname=None), spec()),
    "a list with a merge key merges by it": (
        spec(containers=containers("a", "b")),
        spec(containers=[{"name": "b", "image": "b:v2"}]),
        spec(containers=[{"name": "a", "image": "a:v1"}, {"name": "b", "image": "b:v2"}]),
    ),
    "a new element joins after those that stood before": (
        spec(containers=containers("a")),
        spec(containers=containers("z")),
        spec(containers=containers("z", "a")),
    ),
    "a list without a strategy is replaced": (
        spec(tolerations=[{"key": "a"}]),
        spec(tolerations=[{"key": "b"}]),
        spec(tolerations=[{"key": "b"}]),
    ),
    "a list of scalars with a strategy is a set": (
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"finalizers": ["b", "c"]}},
        {"metadata": {"finalizers": ["a", "b", "c"]}},
    ),
    "scalars are deleted by a list of their own": (
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}},
        {"metadata": {"finalizers": ["b"]}},
    ),
    "an element is deleted by its key": (
        spec(containers=containers("a", "b")),
        spec(containers=[{"$patch": "delete", "name": "a"}]),
        spec(containers=containers("b")),
    ),
    "a directive replaces a list": (
        spec(containers=containers("a", "b")),
        spec(containers=[{"$patch": "replace"}, {"name": "c"}]),
        spec(containers=[{"name": "c"}]),
    ),
    "a directive replaces an object": (
        spec(nodeName="a", hostname="h"),
        {"spec": {"$patch": "replace", "hostname": "x"}},
        spec(hostname="x"),
    ),
    "a directive empties an object": (spec(nodeName="a"), {"spec": {"$patch": "delete"}}, spec()),
    "the order is as asked": (
        spec(containers=containers("a", "b", "c")),
        spec(**{"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}, {"name": "b"}]}),
        spec(containers=containers("c", "a", "b")),
    ),
    "the order counts also for what is added": (
        spec(containers=containers("a", "server")),
        spec(
            **{
                "$setElementOrder/containers": [{"name": "new"}, {"name": "a"}],
                "containers": containers("new"),
            }
        ),
        spec(containers=containers("new", "a", "server")),
    ),
    "retained keys are what stays": (
        spec(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}),
        spec(strategy={"$retainKeys": ["type"], "type": "Recreate"}),
        spec(strategy={"type": "Recreate"}),
    ),
    "directives of what is new are dropped": (
        {},
        spec(containers=[{"name": "a"}, {"$patch": "delete", "name": "b"}], hostname=None),
        spec(containers=[{"name": "a"}]),
    ),
    "labels merge by name": (
        {"metadata": {"labels": {"a": "1", "b": "2"}}},
        {"metadata": {"labels": {"b": None, "c": "3"}}},
        {"metadata": {"labels": {"a": "1", "c": "3"}}},
    ),
    "owners merge by uid": (
        {"metadata": {"ownerReferences": [{"uid": "1", "name": "x"}, {"uid": "2", "name": "y"}]}},
        {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "1"}]}},
        {"metadata": {"ownerReferences": [{"uid": "2", "name": "y"}]}},
    ),
}


@pytest.mark.parametrize(("target", "patch", "expected"), CASES.values(), ids=CASES)
def test_a_patch_does_what_its_type_says(target, patch, expected):
    """Strategies and merge keys come from the field table."""
    of = DEPLOYMENT if "strategy" in patch.get("spec", {}) else POD

    assert strategic_patch(target, patch, of) == expected


@pytest.mark.parametrize(
    ("target", "patch", "code"),
    [
        pytest.param(spec(containers=[{"name": "a"}]), spec(containers=[{"image": "x"}]), 500, id="no merge key"),
        pytest.param(spec(), {"spec": {"$patch": "merge"}}, 500, id="an unknown directive"),
        pytest.param(spec(), {"spec": {"$retainKeys": "a"}}, 400, id="retained keys that are no list"),
        pytest.param(spec(), {"spec": {"$retainKeys": ["a"], "hostname": "h"}}, 400, id="a field that is not retained"),
        pytest.param(spec(containers=[{"name": "a"}]), spec(containers=[[1]]), 422, id="a list of lists"),
        pytest.param(
            spec(containers=[{"name": "a"}]), spec(containers=[{"name": "a", "$patch": "x"}]), 500, id="in a list"
        ),
    ],
)
def test_a_patch_that_makes_no_sense_is_refused(target, patch, code):
    """The error carries the code of the answer."""
    with pytest.raises(PatchError) as refused:
        strategic_patch(target, patch, POD)

    assert refused.value.code == code


names = st.sampled_from("abcdef")
pods = st.lists(names, unique=True, max_size=5).map(lambda found: spec(containers=containers(*found)))


@given(pods, pods)
def test_merging_is_idempotent_and_leaves_its_arguments_alone(pod, patch):
    """A patch without directives applied twice is applied once, and neither argument changes."""
    before = copy.deepcopy((pod, patch))
    once = strategic_patch(pod, patch, POD)

    assert strategic_patch(once, patch, POD) == once
    assert (pod, patch) == before


@given(pods, pods)
def test_a_merged_list_has_the_elements_of_both(pod, patch):
    """Every key of either list is there once, those of the patch in its order, the others in theirs."""
    merged = [one["name"] for one in strategic_patch(pod, patch, POD)["spec"]["containers"]]
    left = [one["name"] for one in pod["spec"]["containers"]]
    right = [one["name"] for one in patch["spec"]["containers"]]

    assert sorted(merged) == sorted({*left, *right})
    assert [name for name in merged if name in right] == right
    assert [name for name in merged if name not in right] == [name for name in left if name not in right]


@given(pods)
def test_an_empty_patch_changes_nothing(pod):
    """The neutral patch is the empty object."""
    assert strategic_patch(pod, {}, POD) == pod


def test_elements_that_are_not_named_keep_their_place():
    """One that the order does not name goes before the first named one that it preceded."""
    assert in_order("abcd", "abcd", "db", lambda item: item) == ["a", "c", "d", "b"]
