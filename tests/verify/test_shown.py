"""What scenarios of one's own show: how a part is found in a whole, and how questions are read."""

from __future__ import annotations

import pytest

from kcore.errors import InputError, Place
from kcore.verify.matching import difference, matches, not_these
from kcore.verify.shown import parse_shown

POD = {"name": "a", "status": {"phase": "Running", "podIPs": [{"ip": "1.2.3.4"}, {"ip": "::1"}]}, "ready": True}


def parsed(item):
    """The question that a mapping asks."""
    return parse_shown(item, ("shows", 0), lambda path: Place(field=".".join(map(str, path))))


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({}, id="nothing is asked of something that is empty"),
        pytest.param({"name": "a"}, id="a field"),
        pytest.param({"status": {"phase": "Run*"}}, id="the beginning of a text"),
        pytest.param({"status": {"podIPs": [{"ip": "::1"}]}}, id="one of the elements"),
        pytest.param({"deletionTimestamp": None}, id="a field that is not there"),
        pytest.param({"conditions": []}, id="a list that is not there is empty"),
    ],
)
def test_a_part_is_found_in_the_whole(part):
    """Whatever else is there."""
    assert difference(part, POD if part else {}) == ""


@pytest.mark.parametrize(
    ("part", "where"),
    [
        pytest.param({"name": "b"}, "name: 'a', not 'b'", id="another text"),
        pytest.param({"status": {"phase": "Failed"}}, "status.phase", id="deep inside"),
        pytest.param({"status": {"podIPs": [{"ip": "::2"}]}}, "status.podIPs", id="an element that is not there"),
        pytest.param({"status": {"podIPs": []}}, "status.podIPs", id="a list that is not empty"),
        pytest.param({"name": None}, "name", id="a field that is there"),
        pytest.param({"ready": 1}, "ready", id="true is no number"),
        pytest.param({"status": {"phase": {"deep": 1}}}, "status.phase.deep", id="a text is no mapping"),
    ],
)
def test_what_is_not_there_is_named_with_its_place(part, where):
    """The first of it."""
    assert difference(part, POD).startswith(where)


def test_a_star_stands_for_anything():
    """And no other sign does."""
    assert matches("web-*", "web-1")
    assert matches("*back-off*", "a back-off\nof 10s")
    assert not matches("web-?", "web-1")
    assert not matches("web", "web-1")


def test_names_match_patterns_in_both_directions():
    """Each pattern finds something, and nothing is left over."""
    assert not_these(["web-*", "db-0"], ["web-1", "web-2", "db-0"]) == ""
    assert not_these(["web-*"], ["db-0"]) == "db-0, not web-*"
    assert not_these(["web-*", "db-0"], ["web-1"]) == "web-1, not web-*, db-0"
    assert not_these([], []) == ""


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        pytest.param({"has": {}}, "0 questions", id="no question"),
        pytest.param({"route": {}, "resolve": {}}, "2 questions", id="two questions"),
        pytest.param({"object": {"kind": "Pod", "name": "a"}}, "nothing can be wrong", id="no answer"),
        pytest.param(
            {"object": {"kind": "Pod", "name": "a"}, "has": {"a": 1}, "absent": True},
            "nothing can be wrong",
            id="something that is absent has nothing",
        ),
        pytest.param({"object": {"kind": "Pods?", "name": "a"}, "absent": True}, "no kind", id="no kind"),
        pytest.param({"count": {"kind": "Pod"}}, "is is missing", id="a count without a number"),
        pytest.param({"route": {"from": "a", "to": "b"}}, "ends in one way", id="a request without an end"),
        pytest.param(
            {"route": {"from": "a", "to": "b"}, "refused": "x", "lost": "y"}, "ends in one way", id="lost and refused"
        ),
        pytest.param({"route": {"from": "a", "to": "ftp://b"}, "reaches": ["b"]}, "to is", id="an unknown scheme"),
        pytest.param({"resolve": {"from": "a", "name": "b"}}, "means one thing", id="a name that means nothing"),
        pytest.param({"runs": {"node": "n1"}}, "pods is missing", id="a machine without pods"),
        pytest.param(
            {"disk": {"claim": "a"}, "has": {"torn": True}, "lack": {}}, "unknown field 'lack'", id="a misspelt field"
        ),
    ],
)
def test_a_question_that_can_not_be_asked_is_refused(item, problem):
    """With what is wrong about it."""
    with pytest.raises(InputError, match=problem.replace("?", r"\?")):
        parsed(item)


def test_a_question_says_what_it_is_about():
    """As it stands in the file."""
    asked = parsed({"route": {"from": "client", "to": "http://web:8080/x"}, "reaches": ["web-1"]})

    assert asked.about == 'route {"from":"client","to":"http://web:8080/x"}'
