"""The options of lists, watches and reads: which go together, and what those that do not are answered."""

from __future__ import annotations

import pytest

from kcore.apiserver.request import Verb

NOT_OLDER = {"resource_version_match": "NotOlderThan"}
NEEDS_REVISION = "resourceVersionMatch is forbidden unless resourceVersion is provided"
NEEDS_MATCH = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
NEEDS_INITIAL = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
NO_CONTINUE = "resourceVersionMatch is forbidden when continue is provided"


def causes(response):
    return [(one.field, one.message.removeprefix("Forbidden: ")) for one in response.status.causes]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"resource_version_match": "Exact"}, [NEEDS_REVISION], id="a match of no revision"),
        pytest.param(
            {"resource_version": "0", "resource_version_match": "Exact"},
            ['resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
            id="exactly any",
        ),
        pytest.param(
            {"resource_version": "1", "continue_token": "x", **NOT_OLDER}, [NO_CONTINUE], id="a match in mid list"
        ),
        pytest.param(
            {"resource_version": "1", "resource_version_match": "Newer"},
            ['Unsupported value: "Newer": supported values: "Exact", "NotOlderThan", ""'],
            id="a match that is none",
        ),
        pytest.param({"send_initial_events": True}, ["sendInitialEvents is forbidden for list"], id="a watch's option"),
    ],
)
@pytest.mark.parametrize("verb", [Verb.LIST, Verb.DELETE_COLLECTION], ids=lambda verb: verb.value)
def test_options_that_a_list_can_not_have(server, verb, options, expected):
    """They are a 422 of ListOptions, also where a collection is deleted."""
    before = server.store
    response = server.ask(verb, "ConfigMap", **options)

    assert (response.code, response.reason) == (422, "Invalid")
    assert response.status.message.startswith('ListOptions.meta.k8s.io "" is invalid: ')
    assert [message for _, message in causes(response)] == expected
    assert server.store is before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(NOT_OLDER, [NEEDS_INITIAL], id="a match alone"),
        pytest.param({"send_initial_events": True}, [NEEDS_MATCH], id="a beginning without a match"),
        pytest.param({"send_initial_events": False}, [NEEDS_MATCH], id="no beginning without a match"),
        pytest.param(
            {"send_initial_events": True, "resource_version_match": "Exact"},
            [NEEDS_MATCH, 'Unsupported value: "Exact": supported values: "NotOlderThan"'],
            id="a beginning of exactly one revision",
        ),
        pytest.param(
            {"send_initial_events": True, "continue_token": "x", **NOT_OLDER}, [NO_CONTINUE], id="in mid list"
        ),
    ],
)
def test_options_that_a_watch_can_not_have(server, options, expected):
    """They are a 422 of ListOptions, all of them at once."""
    response = server.ask(Verb.WATCH, "ConfigMap", **options)

    assert (response.code, response.reason) == (422, "Invalid")
    assert causes(response) == [("resourceVersionMatch", message) for message in expected]


NO_NUMBER = 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'


@pytest.mark.parametrize(
    ("verb", "code", "reason", "message"),
    [
        pytest.param(Verb.LIST, 400, "BadRequest", f"invalid resource version: {NO_NUMBER}", id="a list"),
        pytest.param(Verb.WATCH, 500, "", NO_NUMBER, id="a watch"),
        pytest.param(Verb.GET, 500, "", NO_NUMBER, id="a read"),
    ],
)
def test_a_revision_that_is_no_number(server, config_map, verb, code, reason, message):
    """A list says that the request is bad, the others pass an error on that nobody foresaw."""
    server.make(config_map("cm"))
    response = server.ask(verb, "ConfigMap", "cm", resource_version="x")

    assert (response.code, response.reason, response.status.message) == (code, reason, message)


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        pytest.param(Verb.GET, {}, id="a read"),
        pytest.param(Verb.LIST, {}, id="a list"),
        pytest.param(
            Verb.WATCH, {"send_initial_events": True, **NOT_OLDER}, id="a watch that begins with what is there"
        ),
    ],
)
def test_a_revision_that_is_yet_to_come(server, config_map, verb, options):
    """It is a 504 that says so and when to try again."""
    server.make(config_map("cm"))
    now = server.store.revision
    response = server.ask(verb, "ConfigMap", "cm", resource_version=str(now + 5), **options)

    assert (response.code, response.reason) == (504, "Timeout")
    assert response.status.message == f"Timeout: Too large resource version: {now + 5}, current: {now}"
    assert [cause.reason for cause in response.status.causes] == ["ResourceVersionTooLarge"]
    assert response.status.retry_after_seconds == 1


@pytest.mark.parametrize("version", ["", "0", "1"])
def test_a_read_is_not_older_than_it_asks_for(server, config_map, version):
    """A revision that has been is no reason to answer with less than the latest."""
    server.make(config_map("cm", {"a": "b"}))

    assert server.ask(Verb.GET, "ConfigMap", "cm", resource_version=version).object.data["a"] == "b"
