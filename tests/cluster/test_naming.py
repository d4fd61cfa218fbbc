"""Naming: states that differ by a renaming have one fingerprint, and other states have others."""

from __future__ import annotations

import attrs
import pytest
from cluster_models.small import CAPACITY, applied, done
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.frozenmap import FrozenMap
from kcore.apiserver.store import EMPTY, Minted
from kcore.cluster.content import Contents
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.loose import Uid, is_invented
from kcore.cluster.naming import Naming
from kcore.cluster.resolve import Digested, Resolver
from kcore.model import NodeSpec, Plan, boot, build_model, settle

NAMES = ("a", "b", "c", "d")
NODES = frozenset({"n1", "n2"})

PARTS = st.lists(
    st.tuples(st.sampled_from([b"one", b"two"]), st.lists(st.sampled_from(NAMES), max_size=3).map(tuple), st.just(())),
    max_size=6,
)


@given(PARTS, st.permutations(NAMES), st.randoms(use_true_random=False))
def test_a_renaming_of_all_parts_changes_nothing(parts, names, random):
    """Whichever names there are, and in which order the parts come, as long as each is told from the others."""
    renamed = [(digest, tuple(names[NAMES.index(name)] for name in mentioned), ()) for digest, mentioned, _ in parts]
    random.shuffle(renamed)
    tied = len({_profile(parts, name) for name in NAMES}) < len(NAMES)

    assert tied or Naming().total(parts) == Naming().total(renamed)


def _profile(parts, name):
    """Where a name is mentioned."""
    return tuple(sorted((part[0], place) for part in parts for place, one in enumerate(part[1]) if one == name))


@given(PARTS, PARTS)
def test_parts_that_are_no_renamings_of_each_other_are_told_apart(one, other):
    """The total is that of the parts themselves under other names: equal totals mean a renaming."""
    if Naming().total(one) == Naming().total(other):
        assert sorted((digest, len(names)) for digest, names, _ in one) == sorted(
            (digest, len(names)) for digest, names, _ in other
        )
        assert sorted(_profile(one, name) for name in NAMES) == sorted(_profile(other, name) for name in NAMES)


def test_who_is_meant_by_two_parts_is_told_apart_from_two_who_are_meant_by_one_each():
    """The same two parts, about one thing or about two."""
    apart = [(b"one", ("a", "b"), ()), (b"two", ("a",), ()), (b"three", ("b",), ())]
    together = [(b"one", ("a", "b"), ()), (b"two", ("a",), ()), (b"three", ("a",), ())]

    assert Naming().total(apart) != Naming().total(together)


@pytest.mark.parametrize("symmetry", [True, False], ids=["with symmetry", "without"])
def test_members_of_a_set_have_no_order(symmetry):
    """A map whose entries say the same of two things is the same map when these change places."""

    def total(first, second):
        contents = Contents()
        here = Resolver(contents, {}, EMPTY, {}, 0, EMPTY)
        held = FrozenMap({first: 1, second: 1})
        parts = [here.part(Digested(held, contents.of(held))), here.part(Digested(first, contents.of(("x", first))))]
        return Naming(symmetry=symmetry).total(parts)

    one, other = "web-bcdfg", "web-hjklm"

    assert total(one, other) == total(*((other, one) if symmetry else (one, other)))


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("web-b2mj5", True),
        ("10.244.0.7", True),
        ("10.244.0.", True),
        ("web-0", False),
        ("kube-proxy", False),
        ("app:v1", False),
        ("1.2.3", False),
    ],
)
def test_invented_names_are_told_by_their_look(text, invented):
    """Five letters without vowels after a hyphen, or an address."""
    assert is_invented(text) is invented


def test_what_somebody_named_is_never_renamed():
    """A pod that was given a name of this look by hand is like no other."""
    contents = Contents(fixed=frozenset({"web-b2mj5"}))

    assert not contents.of("web-b2mj5").loose
    assert contents.of("web-b2mj5") != contents.of("web-c2mj5")
    assert isinstance(contents.of("00000000-0000-4000-8000-000000000001").loose[0], Uid)


def replica_set(replicas):
    """A ReplicaSet of some pods."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": spec}


def prompt_run(replicas, minted, steps):
    """The states of a run of a cluster with a ReplicaSet, in which so many names and uids were invented before."""
    model = build_model()
    nodes = [NodeSpec(name=name, capacity=CAPACITY) for name in sorted(NODES)]
    state = settle(model, boot(model, Plan(nodes=nodes))).state
    counted = attrs.evolve(state.store.minted, suffixes=minted.suffixes, uids=state.store.minted.uids + minted.uids)
    state = applied(model, attrs.evolve(state, store=state.store.with_minted(counted)), replica_set(replicas))
    states = [state]
    for _ in range(steps):
        states.append(done(model, states[-1], model.next_move(states[-1])).state)
    return states


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 4))
def test_a_cluster_does_the_same_whatever_names_are_invented(suffixes, uids, replicas):
    """Name-equivariance: with other names, in another order, each component does the renaming of what it did."""
    of = Fingerprinter(symmetry=True, nodes=NODES)
    one = prompt_run(replicas, Minted(), 60)
    other = prompt_run(replicas, Minted(suffixes=suffixes, uids=uids), 60)

    assert [of(state) for state in one] == [of(state) for state in other]


def test_without_symmetry_names_are_told_apart():
    """The same run with other names is another run."""
    of = Fingerprinter()
    one, other = prompt_run(2, Minted(), 3), prompt_run(2, Minted(suffixes=77), 3)

    assert of(one[-1]) != of(other[-1])
