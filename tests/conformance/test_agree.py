"""What counts as agreement with a recorded decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.conformance.agree import agrees

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "y"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "message"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("expect", "actual"),
    [
        pytest.param(
            {"a": 1}, {"a": 1, "b": 0, "c": [], "d": None, "e": "", "f": False, "g": {}}, id="empties may be added"
        ),
        pytest.param({"a": 0, "b": [], "c": None, "d": "", "e": False, "f": {}}, {}, id="empties may be left out"),
        pytest.param({"a": {"b": 0}}, {"a": {}}, id="empties may be left out inside"),
        pytest.param({"error": "one"}, {"error": "two"}, id="an error is an error"),
        pytest.param(
            {"a": {"message": "one", "cause": "x"}}, {"a": {"message": "2", "cause": "y"}}, id="messages are messages"
        ),
        pytest.param({"anyOf": [{"a": 1}, {"a": 2}]}, {"a": 2}, id="one of the outcomes is enough"),
        pytest.param({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2, "c": 0}]}, id="lists agree item by item"),
        pytest.param({"a": True}, {"a": "yes"}, id="what is true is true"),
    ],
)
def test_these_agree(expect, actual):
    """A right prediction is not held up by form."""
    assert agrees("quantity", expect, actual)


@pytest.mark.parametrize(
    ("expect", "actual"),
    [
        pytest.param({"a": 1}, {"a": 2}, id="other numbers"),
        pytest.param({"a": "x"}, {"a": "y"}, id="other texts"),
        pytest.param({"a": 1}, {}, id="something left out"),
        pytest.param({}, {"a": 1}, id="something made up"),
        pytest.param({"a": [1, 2]}, {"a": [2, 1]}, id="another order"),
        pytest.param({"a": [1]}, {"a": [1, 0]}, id="a longer list"),
        pytest.param({"a": []}, {"a": [0]}, id="a list that should be empty"),
        pytest.param({"a": [1]}, {"a": 1}, id="no list"),
        pytest.param({"a": {"b": 1}}, {"a": 1}, id="no object"),
        pytest.param({"error": "one"}, {}, id="an error left out"),
        pytest.param({}, {"message": "one"}, id="a message made up"),
        pytest.param({"a": False}, {"a": 1}, id="true for false"),
        pytest.param({"anyOf": [{"a": 1}, {"a": 2}]}, {"a": 3}, id="none of the outcomes"),
        pytest.param({"a": 1}, None, id="no prediction"),
        pytest.param({"a": 1}, [], id="a prediction of another kind"),
    ],
)
def test_these_differ(expect, actual):
    """A wrong prediction does not slip through."""
    assert not agrees("quantity", expect, actual)


DELETED = {"deletedAlways": ["a"], "deletedSometimes": ["b", "c"], "deletedCounts": [2], "created": 1}


@pytest.mark.parametrize(
    ("deleted", "right"),
    [
        pytest.param(["a", "b"], True, id="the pod deleted always and one of the others"),
        pytest.param(["a", "c"], True, id="the pod deleted always and the other one"),
        pytest.param(["b", "c"], False, id="not without the pod deleted always"),
        pytest.param(["a", "d"], False, id="no pod that was never deleted"),
        pytest.param(["a"], False, id="as many as in a recorded run"),
        pytest.param(None, False, id="not none"),
    ],
)
def test_a_daemon_set_deletes_what_a_recorded_run_might_have(deleted, right):
    """The real one takes candidates in no order; the model says which it takes."""
    assert agrees("daemonset_sync", DELETED, {"created": 1, "deleted": deleted}) is right
    assert not agrees("daemonset_sync", DELETED, {"created": 2, "deleted": deleted})


def test_a_ranking_with_ties_is_not_compared():
    """Ties are broken by chance, so that only a ranking without them counts."""
    assert agrees("replicaset", {"rankingTies": ["a", "b"], "created": 1}, {"ranking": ["b", "a"], "created": 1})
    assert not agrees("replicaset", {"rankingTies": ["a", "b"], "created": 1}, {"ranking": ["b", "a"], "created": 2})
    assert not agrees("replicaset", {"ranking": ["a", "b"]}, {"ranking": ["b", "a"]})


def test_the_last_change_of_a_node_in_a_second_counts():
    """What lies between is a write among several."""
    first, last = {"t": 5, "node": "n", "ready": "True/"}, {"t": 5, "node": "n", "ready": "Unknown/"}

    assert agrees("nodelifecycle", {"changes": [first, last]}, {"changes": [last]})
    assert agrees("nodelifecycle", {}, {"changes": []})
    assert not agrees("nodelifecycle", {"changes": [first, last]}, {"changes": [first]})
    assert not agrees("nodelifecycle", {"changes": [last]}, {"changes": [{**last, "t": 10}]})


def test_where_nodes_compete_only_the_taint_times_count():
    """A rate limiter serves nodes of a zone in no order."""
    expect = {"changesNondeterministic": True, "changes": [], "noExecuteTaintTimesByZone": {"z": [40, 50]}}

    assert agrees(
        "nodelifecycle", expect, {"changes": [{"t": 1, "node": "n"}], "noExecuteTaintTimesByZone": {"z": [40, 50]}}
    )
    assert not agrees("nodelifecycle", expect, {"noExecuteTaintTimesByZone": {"z": [40]}})


@pytest.mark.parametrize(
    ("actual", "right"),
    [
        pytest.param({"nominatedNode": "a"}, True, id="one of the recorded nodes"),
        pytest.param({"nominatedNodeAnyOf": ["a", "b"]}, True, id="all of the recorded nodes"),
        pytest.param({"nominatedNode": "c"}, False, id="another node"),
        pytest.param({"nominatedNodeAnyOf": ["a", "c"]}, False, id="another node among them"),
        pytest.param({}, False, id="no node"),
    ],
)
def test_a_nominated_node_is_one_of_the_recorded(actual, right):
    """The real one picks among equals; the model says which it picks, or among which."""
    expect = {"preemption": {"status": "Success", "nominatedNodeAnyOf": ["a", "b"]}}

    assert agrees("scheduler_preempt", expect, {"preemption": {"status": "Success", **actual}}) is right
    assert not agrees("scheduler_preempt", expect, {"preemption": {"status": "Error", **actual}})


@given(st.dictionaries(st.sampled_from(["a", "b", "error"]), JSON, max_size=3))
def test_every_decision_agrees_with_itself(value):
    """What was recorded is right, whatever it is."""
    assert agrees("quantity", value, value)


def test_what_stands_beside_several_outcomes_is_part_of_each():
    """A recording of several outcomes whose rankings tie asks for one of the outcomes, and for no ranking."""
    expect = {"anyOf": [{"deleted": ["a"], "ranking": ["a", "b"]}, {"deleted": ["b"]}], "rankingTies": True}

    assert agrees("replicaset", expect, {"deleted": ["a"], "ranking": ["b", "a"]})
    assert not agrees("replicaset", expect, {"deleted": ["c"]})
