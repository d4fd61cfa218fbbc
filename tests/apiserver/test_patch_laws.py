"""The laws of patches: the difference of two objects leads from one to the other, and applied twice is applied once."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpatch import make_patch

from kcore.api.fields import type_of
from kcore.apiserver.apply.fieldset import leaves, managed
from kcore.apiserver.apply.managers import APPLY, Manager, applied, written
from kcore.apiserver.apply.shape import shape_of
from kcore.apiserver.patch.merge import merge_patch
from kcore.apiserver.patch.operations import json_patch
from kcore.apiserver.patch.strategic import strategic_patch
from kcore.apiserver.status import Status

DEPLOYMENT = type_of("apps/v1", "Deployment")
SHAPE = shape_of(DEPLOYMENT)
MERGE_KEYS = {"containers": "name", "env": "name", "ports": "containerPort", "volumes": "name"}
SETS = ("finalizers",)
law = settings(max_examples=150, deadline=None)


def optional(**fields):
    """Objects that have some of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def keyed(key, keys, **fields):
    """Lists of objects that are told apart by `key`, in any order."""
    element = optional(**fields)
    found = st.dictionaries(keys, element, max_size=4)
    return found.flatmap(lambda by: st.permutations([{key: name, **rest} for name, rest in by.items()]))


words = st.sampled_from(["a", "b", "c", "d"])
labels = st.dictionaries(words, words, max_size=3)
containers = keyed(
    "name",
    words,
    image=words,
    args=st.lists(words, max_size=2),
    env=keyed("name", words, value=words),
    ports=keyed("containerPort", st.integers(80, 83), name=words, protocol=st.just("TCP")),
)
deployments = st.builds(
    lambda metadata, spec: {"metadata": metadata, "spec": spec},
    optional(labels=labels, annotations=labels, finalizers=st.lists(words, unique=True, max_size=3)),
    optional(
        replicas=st.integers(0, 3),
        paused=st.booleans(),
        template=optional(spec=optional(containers=containers, nodeSelector=labels, hostname=words)),
    ),
)


def bare(value):
    """Return a value without objects and lists that hold nothing, which say nothing."""
    if isinstance(value, dict):
        return {name: inner for name, one in value.items() if (inner := bare(one)) not in ({}, [])}
    return [bare(one) for one in value] if isinstance(value, list) else value


# Differences, as clients make them


def merge_difference(old, new):
    """Return the merge patch from `old` to `new`."""
    patch = dict.fromkeys(old.keys() - new.keys())
    for name in new.keys() - {name for name in old if name in new and old[name] == new[name]}:
        both = isinstance(new[name], dict) and isinstance(old.get(name), dict)
        patch[name] = merge_difference(old[name], new[name]) if both else new[name]
    return patch


def strategic_difference(old, new):
    """Return the strategic merge patch from `old` to `new`."""
    patch = dict.fromkeys(old.keys() - new.keys())
    for name, value in new.items():
        before = old.get(name)
        if before == value and name in old:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            patch[name] = strategic_difference(before, value)
        elif isinstance(before, list) and name in MERGE_KEYS:
            patch |= list_difference(name, before, value)
        elif isinstance(before, list) and name in SETS:
            patch |= set_difference(name, before, value)
        else:
            patch[name] = value
    return patch


def list_difference(name, old, new):
    """Return what a strategic patch says of a list whose elements have a key: changes, deletions and the order."""
    key = MERGE_KEYS[name]
    before, after = ({one[key]: one for one in items} for items in (old, new))
    changed = [
        {**strategic_difference(before.get(at, {key: at}), one), key: at}
        for at, one in after.items()
        if one != before.get(at)
    ]
    gone = [{key: at, "$patch": "delete"} for at in before.keys() - after.keys()]
    order = {f"$setElementOrder/{name}": [{key: at} for at in after]} if after else {}
    return {**order, name: [*changed, *gone]}


def set_difference(name, old, new):
    """Return what a strategic patch says of a list of plain values that is a set."""
    gone = [one for one in old if one not in new]
    deleted = {f"$deleteFromPrimitiveList/{name}": gone} if gone else {}
    order = {f"$setElementOrder/{name}": list(new)} if new else {}
    return {**deleted, **order, name: [one for one in new if one not in old]}


# The laws


@law
@given(deployments, deployments)
def test_a_merge_patch_of_the_difference_gives_the_target(old, new):
    """And applied again it changes nothing."""
    patch = merge_difference(old, new)
    once = merge_patch(old, patch)

    assert once == new
    assert merge_patch(once, patch) == once


@law
@given(deployments, deployments)
def test_a_strategic_patch_of_the_difference_gives_the_target(old, new):
    """With deletions by directive and the order of the target; applied again it changes nothing."""
    patch = strategic_difference(old, new)
    before = copy.deepcopy((old, patch))
    once = strategic_patch(old, patch, DEPLOYMENT)

    assert bare(once) == bare(new)
    assert strategic_patch(once, patch, DEPLOYMENT) == once
    assert (old, patch) == before


@law
@given(deployments, deployments)
def test_a_json_patch_of_the_difference_gives_the_target(old, new):
    """Operation by operation, and the object that it began with stays."""
    before = copy.deepcopy(old)

    assert json_patch(old, make_patch(old, new).patch) == new
    assert old == before


@law
@given(deployments, deployments)
def test_a_json_patch_that_sets_fields_applied_twice_is_applied_once(old, new):
    """What only sets fields of objects, and takes nothing away, may come again."""
    patch = [{"op": "add", "path": f"/{name}", "value": value} for name, value in new.items()]
    once = json_patch(old, patch)

    assert once == {**old, **new}
    assert json_patch(once, patch) == once


def laid(live, config, manager, *, force):
    """Return the object after an apply, with its managers, or the refusal."""
    done = applied(live, config, SHAPE, Manager(manager, APPLY, "apps/v1"), "", force=force)
    if isinstance(done, Status):
        return done
    wire, owned = done
    return {**wire, "metadata": {**(wire.get("metadata") or {}), "managedFields": written(owned)}}


def held(wire):
    """Return what the manager of an object holds of it, by path: also a list or an object that is to be empty."""
    found = leaves(wire, SHAPE)
    return {path: found[path] for path in managed(found)}


def said(wire):
    """Return what an object says, by path."""
    return {path: value for path, value in held(wire).items() if value not in ({}, [])}


@law
@given(deployments, deployments)
def test_applying_the_target_gives_the_target(old, new):
    """One manager who applied the old object and applies the new one comes to the new one, and stays there."""
    once = laid(laid({}, old, "a", force=False), new, "a", force=False)

    assert said(once) == said(new)
    assert said(laid(once, new, "a", force=False)) == said(once)


@law
@given(deployments, deployments)
def test_an_apply_takes_nothing_from_others_without_force(theirs, ours):
    """It is refused, or what the other said is still said and what is applied is, too."""
    live = laid({}, theirs, "a", force=False)
    both = laid(live, ours, "b", force=False)

    if isinstance(both, Status):
        assert both.code == 409
        clash = held(theirs).keys() & held(ours).keys()
        assert any(held(theirs)[path] != held(ours)[path] for path in clash)
    else:
        assert said(theirs).items() <= said(both).items()
        assert said(ours).items() <= said(both).items()
        assert said(laid(both, ours, "b", force=False)) == said(both)
