"""Events as JSON: whatever happens can be written down and read again as what it was."""

from __future__ import annotations

import json
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError
from kcore.model.cloud import model_of
from kcore.verify.codec import decode_event, encode_event, event_classes

NAMES = st.text(alphabet="abcdefghijkl-0123456789", min_size=1, max_size=8)
OBJECTS = st.dictionaries(NAMES, st.one_of(NAMES, st.integers(0, 9), st.booleans(), st.lists(NAMES)), max_size=3)


def values(of):
    """A strategy for the values of an annotation."""
    if get_origin(of) in (Union, UnionType):
        return st.one_of(*map(values, get_args(of)))
    kind = get_origin(of) or of
    if kind is FrozenMap:
        return st.dictionaries(NAMES, values(get_args(of)[0]), max_size=3).map(FrozenMap)
    if kind is Json:
        return OBJECTS.map(Json.of)
    if hasattr(kind, "_fields"):
        return st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()})
    if kind is tuple:
        return st.lists(values(get_args(of)[0]), max_size=3).map(tuple)
    if attrs.has(kind):
        return st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    return {str: NAMES, int: st.integers(0, 10**12), bool: st.booleans(), type(None): st.none(), Any: NAMES}[kind]


@pytest.mark.parametrize("cls", event_classes().values(), ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_an_event_comes_back_as_it_was(cls, data):
    """Through text, as a file holds it, with the classes of all its values."""
    event = data.draw(values(cls))

    again = decode_event(json.loads(json.dumps(encode_event(event))))

    assert again == event
    assert type(again) is cls


def test_every_event_of_the_model_has_a_name_of_its_own():
    """What the table answers can be written down, that of a cluster with a cloud included."""
    groups = {"nodeGroups": [{"name": "g", "maxSize": 1, "capacity": {"cpu": "1"}}]}
    model = model_of(ClusterConfig(cluster_autoscaler=Json.of(groups)))

    assert {rule.event for rule in model.table.rules} == set(event_classes().values())


@pytest.mark.parametrize(
    ("wire", "problem"),
    [
        pytest.param({"event": "Earthquake"}, "is no event", id="nobody knows the event"),
        pytest.param({}, "is no event", id="there is no event"),
        pytest.param({"event": "MachineLost", "nod": "n1"}, "has no 'nod'", id="a field is misspelt"),
        pytest.param({"event": "MachineLost"}, "node", id="a field is missing"),
        pytest.param({"event": "TimePassed", "until": "noon"}, "is no int", id="a value is of another type"),
    ],
)
def test_what_is_no_event_is_bad_input(wire, problem):
    """The error says what is wrong."""
    with pytest.raises(InputError, match=problem):
        decode_event(wire)
