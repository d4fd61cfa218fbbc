"""JSON patch: operations in order, all or none, with the API server's answers to those that don't apply."""

from __future__ import annotations

import pytest

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, PatchType, Request, Verb


@pytest.fixture
def patch(server, config_map):
    """A function that patches a ConfigMap of one entry."""
    server.make(config_map(data={"a": "1"}))

    def send(*operations, body=None):
        key = ObjectKey("ConfigMap", "default", "cm")
        sent = Json.of(list(operations) if body is None else body)
        options = Options(patch_type=PatchType.JSON)
        return server.send(Request(verb=Verb.PATCH, key=key, body=sent, options=options))

    return send


def operation(op, path, value=None, **fields):
    return {"op": op, "path": path, **({} if value is None else {"value": value}), **fields}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        pytest.param([operation("add", "/data/b", "2")], {"a": "1", "b": "2"}, id="add"),
        pytest.param([operation("remove", "/data/a"), operation("add", "/data/b", "2")], {"b": "2"}, id="in order"),
        pytest.param([operation("replace", "/data/a", "2")], {"a": "2"}, id="replace"),
        pytest.param([{"op": "move", "from": "/data/a", "path": "/data/b"}], {"b": "1"}, id="move"),
        pytest.param([{"op": "copy", "from": "/data/a", "path": "/data/b"}], {"a": "1", "b": "1"}, id="copy"),
        pytest.param([operation("test", "/data/a", "1"), operation("remove", "/data/a")], {}, id="test first"),
        pytest.param([operation("add", "/data/x~1y", "2")], {"a": "1", "x/y": "2"}, id="escaped"),
        pytest.param([], {"a": "1"}, id="nothing to do"),
    ],
)
def test_operations_apply_in_order(patch, operations, expected):
    """The object is as it is after the last operation; a key that a ConfigMap can't have is refused as in an update."""
    response = patch(*operations)

    if "x/y" in expected:
        assert (response.code, response.reason) == (422, "Invalid")
    else:
        assert response.ok
        assert dict(response.object.data) == expected


@pytest.mark.parametrize(
    ("operations", "code", "reason"),
    [
        pytest.param([operation("remove", "/data/b")], 422, "Invalid", id="nothing to remove"),
        pytest.param([operation("replace", "/data/b", "2")], 422, "Invalid", id="nothing to replace"),
        pytest.param([operation("test", "/data/a", "2")], 422, "Invalid", id="a test that fails"),
        pytest.param([operation("add", "/nowhere/b", "2")], 422, "Invalid", id="no such place"),
        pytest.param([operation("jump", "/data/a")], 400, "BadRequest", id="no such operation"),
        pytest.param([operation("add", "/data/b")], 400, "BadRequest", id="without a value"),
        pytest.param([operation("remove", "/data/a")] * 10_001, 413, "RequestEntityTooLarge", id="too many"),
    ],
)
def test_an_operation_that_does_not_apply_changes_nothing(server, patch, operations, code, reason):
    """One bad operation undoes the good ones before it."""
    before = server.store
    response = patch(operation("add", "/data/z", "9"), *operations)

    assert (response.code, response.reason) == (code, reason)
    assert server.store is before


def test_what_is_no_list_is_no_json_patch(patch):
    """An object as the body is a 400, as it is no list of operations."""
    assert patch(body={"op": "add"}).code == 400
