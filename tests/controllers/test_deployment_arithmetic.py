"""What a Deployment computes: fenceposts, sizes, shares, revisions, hashes and conditions."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.apps.deployment import Deployment, DeploymentStatus
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import structure
from kcore.api.core.pod import PodTemplateSpec
from kcore.api.frozenmap import FrozenMap
from kcore.api.intstr import IntOrStringError
from kcore.api.meta.condition import Condition
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.times import Time
from kcore.controllers.deployment.annotations import (
    HISTORY_LIMIT,
    REVISION,
    REVISION_HISTORY,
    desired_replicas,
    for_new_replica_set,
    last_revision,
    max_revision,
    revision,
    rolled_back,
)
from kcore.controllers.deployment.conditions import with_condition, without_condition
from kcore.controllers.deployment.proportional import proportion, shares
from kcore.controllers.deployment.replicas import (
    by_size_newer,
    by_size_older,
    max_surge,
    max_unavailable,
    new_size,
    parse_integer,
    resolve_fenceposts,
    terminating,
    wanted,
)
from kcore.controllers.deployment.rollout import replica_set_name
from kcore.controllers.deployment.template import (
    equal_ignore_hash,
    split,
    with_hash,
    without_hash,
)
from kcore.reconcile.templatehash import LETTERS, compute_hash


def deployment(replicas=10, surge=None, unavailable=None, kind="RollingUpdate", **annotations):
    """Return a Deployment with a strategy."""
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": kind, **({"rollingUpdate": rolling} if kind == "RollingUpdate" else {})}
    return structure(
        Deployment,
        {"metadata": {"name": "web", "annotations": annotations}, "spec": {"replicas": replicas, "strategy": strategy}},
    )


def replica_set(name, replicas, *, born=0, terminating=None, observed=0, **annotations):
    """Return a ReplicaSet of that size; annotations without their prefix."""
    prefixed = {f"deployment.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    made = structure(
        ReplicaSet,
        {
            "metadata": {"name": name, "uid": name, "annotations": prefixed},
            "spec": {"replicas": replicas},
            "status": {"observedGeneration": observed, "terminatingReplicas": terminating},
        },
    )
    return attrs.evolve(made, metadata=attrs.evolve(made.metadata, creation_timestamp=Time(born)))


@pytest.mark.parametrize(
    ("surge", "unavailable", "total", "resolved"),
    [
        pytest.param("25%", "25%", 10, (3, 2), id="a surge is rounded up and unavailability down"),
        pytest.param(0, "1%", 2, (0, 1), id="when both come to nothing one pod may be unavailable"),
        pytest.param(None, None, 5, (0, 1), id="what is not given is nothing"),
        pytest.param("1%", "25%", 1, (1, 0), id="one percent of one pod is a surge of one"),
        pytest.param(3, 2, 10, (3, 2), id="numbers stand for themselves"),
        pytest.param("100%", 0, 0, (0, 1), id="every share of nothing is nothing"),
    ],
)
def test_fenceposts_are_numbers_of_pods(surge, unavailable, total, resolved):
    """A percentage is one of the desired count."""
    assert resolve_fenceposts(surge, unavailable, total) == resolved


@pytest.mark.parametrize(
    ("given", "surge", "unavailable"),
    [
        pytest.param(deployment(10, "25%", "25%"), 3, 2, id="a rolling update has both"),
        pytest.param(deployment(10, kind="Recreate"), 0, 0, id="to recreate is to have neither"),
        pytest.param(deployment(0, 3, 3), 3, 0, id="of no pods none may be unavailable"),
        pytest.param(deployment(2, 0, 5), 0, 2, id="no more than all may be unavailable"),
        pytest.param(deployment(2, "x", 5), 0, 0, id="what is no number counts as neither"),
    ],
)
def test_a_deployment_has_a_surge_and_an_unavailability(given, surge, unavailable):
    """They bound a rollout from above and from below."""
    assert (max_surge(given), max_unavailable(given)) == (surge, unavailable)


@pytest.mark.parametrize(
    ("given", "pods", "current", "size"),
    [
        pytest.param(deployment(10, 3, 0), 10, 0, 3, id="beside all old pods there is room for the surge"),
        pytest.param(deployment(10, 3, 0), 13, 5, 5, id="without room the size stays"),
        pytest.param(deployment(10, 3, 0), 20, 5, 5, id="too many pods do not make it shrink"),
        pytest.param(deployment(10, 3, 0), 0, 0, 10, id="it never grows beyond what is desired"),
        pytest.param(deployment(10, kind="Recreate"), 10, 0, 10, id="to recreate is to have all at once"),
    ],
)
def test_the_new_replica_set_grows_into_the_room_that_is_left(given, pods, current, size):
    """The room is the desired count and the surge less all pods that are wanted already."""
    assert new_size(given, pods, current) == size


def test_a_surge_that_is_no_number_makes_no_size():
    """Validation refuses it; a sync that meets it ends with an error."""
    with pytest.raises(IntOrStringError):
        new_size(deployment(10, "x", 0), 0, 0)


# Shares


def test_a_scaled_rollout_keeps_its_proportions():
    """The worked example: 8 old and 5 new of 13 become 11 and 7 of 18."""
    old, new = replica_set("old", 8, max_replicas="13"), replica_set("new", 5, max_replicas="13", born=9)

    assert shares(deployment(15, 3, 2), [new, old]) == ([old, new], [11, 7])


def test_the_largest_replica_set_takes_what_rounding_leaves():
    """Three of 1 that grow from 3 to 4 pods: each stays by its share, and the newest, taken first, gets the fourth."""
    sets = [replica_set(name, 1, born=at, max_replicas="3") for at, name in enumerate("abc")]

    ordered, sizes = shares(deployment(4, 0, 1), sets)

    assert [one.metadata.name for one in ordered] == ["c", "b", "a"]
    assert sizes == [2, 1, 1]


@pytest.mark.parametrize(
    ("status", "given", "share"),
    [
        pytest.param(6, {}, 1, id="without the annotation the pods there are count"),
        pytest.param(6, {"max_replicas": "0"}, 1, id="an annotation of 0 is none"),
        pytest.param(6, {"max_replicas": "-4"}, 1, id="an annotation below 0 is none"),
        pytest.param(6, {"max_replicas": "99999999999"}, 1, id="an annotation beyond 32 bits is none"),
        pytest.param(0, {}, 0, id="a Deployment without pods gives no share"),
        pytest.param(6, {"max_replicas": "4"}, 4, id="the annotation counts"),
    ],
)
def test_the_count_before_the_scaling_is_the_annotated_one(status, given, share):
    """A ReplicaSet of 4 of a Deployment that is scaled to 8 without surge."""
    scaled = attrs.evolve(deployment(8, 0, 1), status=DeploymentStatus(replicas=status))

    assert proportion(scaled, replica_set("a", 4, **given), 100, 0) == share


SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=6)


@given(SIZES, st.integers(0, 100), st.integers(0, 20), st.integers(1, 120), st.randoms(use_true_random=False))
def test_shares_add_up_and_do_not_depend_on_order(sizes, replicas, surge, before, random):
    """All pods that are allowed are given out, none below nothing, whatever the order of the ReplicaSets."""
    sets = [replica_set(f"s{at}", size, born=at % 3, max_replicas=str(before)) for at, size in enumerate(sizes)]
    wish = deployment(replicas, surge, 1)
    shuffled = random.sample(sets, len(sets))
    allowed = replicas + surge if replicas else 0

    ordered, given = shares(wish, sets)

    assert min(given) >= 0
    if allowed != wanted(sets):
        assert sum(given) == allowed or given[0] == 0
        assert shares(wish, shuffled) == (ordered, given)
    else:
        assert given == sizes


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6))
def test_orders_by_size_differ_in_the_age_of_equals_only(drawn):
    """Larger first in both, the older or the newer first among equals."""
    sets = [replica_set(f"s{at}", size, born=born) for at, (size, born) in enumerate(drawn)]

    older, newer = by_size_older(sets), by_size_newer(sets)

    assert [one.spec.replicas for one in older] == [one.spec.replicas for one in newer]
    assert [(-one.spec.replicas, one.metadata.creation_timestamp) for one in older] == sorted(
        (-one.spec.replicas, one.metadata.creation_timestamp) for one in sets
    )


@pytest.mark.parametrize(
    ("sets", "total"),
    [
        pytest.param([], 0, id="nothing has nothing that goes"),
        pytest.param([(2, 1), (3, 1)], 5, id="what goes is added up"),
        pytest.param([(2, 1), (None, 0)], 2, id="one that nobody has looked at yet has none"),
        pytest.param([(2, 1), (None, 1)], None, id="one that does not say leaves it open"),
    ],
)
def test_pods_that_go_are_counted_if_all_say(sets, total):
    """The count is unknown as long as one ReplicaSet that was looked at does not say."""
    made = [replica_set(f"s{at}", 1, terminating=going, observed=seen) for at, (going, seen) in enumerate(sets)]

    assert terminating(made) == total


# Revisions


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("7", 7, id="digits are a number"),
        pytest.param("-7", -7, id="with a sign, too"),
        pytest.param("+7", 7, id="with either sign"),
        pytest.param("", None, id="nothing is none"),
        pytest.param("7 ", None, id="a space is not taken"),
        pytest.param("1_000", None, id="nor is an underscore"),
        pytest.param("\u0667", None, id="nor a digit of another script"),
        pytest.param(str(2**63), None, id="nor what does not fit 64 bits"),
        pytest.param("9" * 5000, None, id="however long it is"),
    ],
)
def test_integers_are_read_as_go_reads_them(text, number):
    """Sixty-four bits, decimal, nothing else."""
    assert parse_integer(text) == number


def test_the_highest_and_the_last_revision_pass_over_what_is_no_number():
    """Two ReplicaSets may share the highest; then that is the last one, too."""
    sets = [replica_set(name, 0, revision=name) for name in ("3", "x", "7", "5")]

    assert (max_revision(sets), last_revision(sets)) == (7, 5)
    assert last_revision([*sets, replica_set("7b", 0, revision="7")]) == 7
    assert (max_revision([]), last_revision([])) == (0, 0)
    assert [revision(one) for one in (*sets[:2], replica_set("none", 0))] == [3, None, 0]


@pytest.mark.parametrize(
    ("annotations", "newest", "after"),
    [
        pytest.param({}, 1, {REVISION: "1"}, id="a first revision has no history"),
        pytest.param({REVISION: "2"}, 5, {REVISION: "5", REVISION_HISTORY: "2"}, id="an earlier one goes to history"),
        pytest.param(
            {REVISION: "4", REVISION_HISTORY: "1,2"},
            9,
            {REVISION: "9", REVISION_HISTORY: "1,2,4"},
            id="history grows at its end",
        ),
        pytest.param({REVISION: "7"}, 5, {REVISION: "7"}, id="a higher revision stays"),
        pytest.param({REVISION: "x"}, 5, {REVISION: "x"}, id="what is no number stays"),
        pytest.param({REVISION: ""}, 5, {REVISION: "5", REVISION_HISTORY: ""}, id="an empty one counts as none"),
    ],
)
def test_the_new_replica_set_gets_the_newest_revision(annotations, newest, after):
    """Its earlier revisions are kept for those who look for them."""
    assert for_new_replica_set(deployment(), FrozenMap(annotations), newest) == after


def test_a_long_history_loses_its_beginning():
    """It never gets longer than its limit."""
    history = ",".join(map(str, range(1000, 1400)))
    annotations = FrozenMap({REVISION: "1400", REVISION_HISTORY: history})

    after = for_new_replica_set(deployment(), annotations, 1401)[REVISION_HISTORY]

    assert len(after) <= HISTORY_LIMIT
    assert after.endswith(",1399,1400")
    assert after.startswith("1001,")


def test_annotations_are_copied_but_for_the_controllers_own():
    """There and, on a rollback, back."""
    wish = deployment(**{"team": "x", "deprecated.deployment.rollback.to": "2", REVISION: "4"})
    target = replica_set("old", 0, revision="2")
    target = attrs.evolve(target, metadata=ObjectMeta(annotations=target.metadata.annotations.set("cause", "undo")))

    assert for_new_replica_set(wish, FrozenMap(), 5) == {"team": "x", REVISION: "5"}
    assert rolled_back(wish, target) == {"cause": "undo", "deprecated.deployment.rollback.to": "2", REVISION: "4"}


def test_a_desired_count_that_is_no_count_is_none():
    """Neither is one below nothing."""
    known = [desired_replicas(replica_set("a", 1, desired_replicas=text)) for text in ("3", "-3", "x", "+3", "")]

    assert known == [3, None, None, None, None]


# Templates


def template(image="web:1", **labels):
    """Return a pod template with one container."""
    wire = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}}
    return structure(PodTemplateSpec, wire)


def test_templates_are_equal_whatever_their_hash():
    """Everything else counts, a label of another name too."""
    one = template(app="web")

    assert equal_ignore_hash(one, with_hash(one, "abc"))
    assert equal_ignore_hash(with_hash(one, "abc"), with_hash(one, "def"))
    assert without_hash(with_hash(one, "abc")) == one
    assert not equal_ignore_hash(one, template(app="web", tier="front"))
    assert not equal_ignore_hash(one, template("web:2", app="web"))


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.none() | st.integers(0, 2**31 - 1))
def test_a_hash_spells_no_words_and_counts_collisions(image, collisions):
    """The same template has the same hash, with another collision count another one."""
    value = compute_hash(template(image), collisions)

    assert set(value) <= set(LETTERS)
    assert value == compute_hash(template(image), collisions)
    assert value != compute_hash(template(image), (collisions or 0) + 1)


def test_the_new_replica_set_is_the_oldest_of_the_template():
    """All others are old, the oldest first."""
    sets = [
        attrs.evolve(one, spec=attrs.evolve(one.spec, template=template(image)))
        for one, image in (
            (replica_set("c", 1, born=3), "web:2"),
            (replica_set("b", 1, born=2), "web:2"),
            (replica_set("a", 1, born=4), "web:1"),
        )
    ]

    new, old = split(template("web:2"), sets)

    assert new is sets[1]
    assert old == (sets[0], sets[2])
    assert split(template("web:3"), sets) == (None, (sets[1], sets[0], sets[2]))


def test_a_name_is_cut_so_that_the_hash_fits():
    """A Deployment may have a name as long as any."""
    assert replica_set_name("web", "abc") == "web-abc"
    assert replica_set_name("w" * 253, "abcdefghij") == "w" * 242 + "-abcdefghij"


# Conditions


def condition(status, reason, at, kind="Progressing"):
    """Return a condition set at that second."""
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        last_update_time=Time(at),
        last_transition_time=Time(at),
        message=reason,
    )


def test_a_condition_that_says_nothing_new_stays_as_it_was():
    """Times and message included; a new reason keeps the transition, a new status does not; what is set goes last."""
    first, other = condition("True", "Made", 1), condition("True", "Fine", 1, "Available")
    status = DeploymentStatus(conditions=(first, other))

    assert with_condition(status, condition("True", "Made", 5)) is status
    moved = with_condition(status, condition("True", "Moved", 5)).conditions
    assert moved == (other, attrs.evolve(condition("True", "Moved", 5), last_transition_time=Time(1)))
    assert with_condition(status, condition("False", "Stuck", 5)).conditions == (other, condition("False", "Stuck", 5))
    assert without_condition(status, "Progressing").conditions == (other,)
    assert without_condition(status, "ReplicaFailure") is status
