"""Null elements: a null in a list is an empty element of the list's type, a null field is an absent one."""

from __future__ import annotations

import pytest

from kcore.api.fields.nulls import has_null_elements, without_null_elements


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        pytest.param({"containers": [None]}, {"containers": [{}]}, id="an object"),
        pytest.param({"imagePullSecrets": [{"name": "a"}, None]}, {"imagePullSecrets": [{"name": "a"}, {}]}, id="one"),
        pytest.param(
            {"containers": [{"args": [None, "x"]}]}, {"containers": [{"args": ["", "x"]}]}, id="a text, further down"
        ),
        pytest.param({"nodeName": None, "nodeSelector": {"a": None}}, None, id="fields and values of maps are left"),
    ],
)
def test_null_elements_are_empty_ones(spec, taken):
    """By the type of the list, at any depth."""
    wire = {"apiVersion": "v1", "kind": "Pod", "spec": spec}

    assert has_null_elements(wire) is (taken is not None)
    assert without_null_elements(wire, "v1", "Pod")["spec"] == (taken or spec)


def test_objects_of_unknown_kinds_are_left_alone():
    """Nobody knows what a null would stand for."""
    wire = {"apiVersion": "example.com/v1", "kind": "Cake", "spec": {"layers": [None]}}

    assert without_null_elements(wire, "example.com/v1", "Cake") is wire
