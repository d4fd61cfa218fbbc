"""The typed classes of all kinds, held against the published field table."""

from __future__ import annotations

import pickle
from types import NoneType, UnionType
from typing import Union, get_args, get_origin

import attrs
import pytest

from kcore.api import fields
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import KINDS, REQUEST_KINDS
from kcore.api.meta.condition import Condition
from kcore.api.quantity import Quantity
from kcore.api.struct import Struct, wire_name
from kcore.api.times import MicroTime, Time

TYPED = {kind.cls: fields.kind_info(kind.api_version, kind.kind).type for kind in (*KINDS, *REQUEST_KINDS) if kind.cls}
SHAPES = {
    str: {"string", "bytes"},
    bool: {"boolean"},
    int: {"int32", "int64"},
    Quantity: {"Quantity"},
    Time: {"Time"},
    MicroTime: {"MicroTime"},
    Json: {"any"},
}


def _fields(cls):
    return [field for field in attrs.fields(attrs.resolve_types(cls)) if field.name != "extra"]


def _parts(of):
    """The types that a union is of, and whether None is one of them."""
    if get_origin(of) not in (Union, UnionType):
        return [of], False
    return [part for part in get_args(of) if part is not NoneType], NoneType in get_args(of)


def _structs(of, published, found):
    """Add to `found` the struct classes in the type `of`, each with its names in the table; check shapes on the way."""
    parts, _ = _parts(of)
    if parts == [int, str]:
        assert published.shape == "IntOrString"
    elif get_origin(parts[0]) is tuple:
        assert published.shape == "list"
        _structs(get_args(parts[0])[0], published.element, found)
    elif get_origin(parts[0]) is FrozenMap:
        assert published.shape == "map"
        _structs(get_args(parts[0])[0], published.element, found)
    elif issubclass_of_struct(parts[0]):
        assert published.shape == "object"
        _walk(parts[0], published.struct, found)
    else:
        assert published.shape in SHAPES[parts[0]]


def issubclass_of_struct(of):
    return isinstance(of, type) and issubclass(of, Struct)


def _walk(cls, name, found):
    if name in found.setdefault(cls, set()):
        return
    found[cls].add(name)
    published = fields.struct(name).fields
    for field in _fields(cls):
        if wire_name(field) in published:
            _structs(field.type, published[wire_name(field)].type, found)


def _all_structs():
    """Every struct class, with the names of the types that it stands for."""
    found = {}
    for cls, name in TYPED.items():
        _walk(cls, name, found)
    return [(cls, name) for cls, names in found.items() for name in sorted(names)]


STRUCTS = _all_structs()
PAIRS = pytest.mark.parametrize(("cls", "name"), STRUCTS, ids=lambda value: getattr(value, "__name__", value))


@PAIRS
def test_every_attribute_is_a_published_field(cls, name):
    """The wire name of an attribute is a field of the type; a Condition may have those of another condition type."""
    published = set(fields.struct(name).fields)
    if cls is Condition:
        published |= {field for other, its in STRUCTS if other is Condition for field in fields.struct(its).fields}

    assert {wire_name(field) for field in _fields(cls)} <= published


@PAIRS
def test_a_condition_has_every_field_of_its_type(cls, name):
    """The one Condition class leaves no field of any condition type riding along."""
    if cls is Condition:
        assert set(fields.struct(name).fields) <= {wire_name(field) for field in _fields(cls)}


@PAIRS
def test_a_required_field_is_emitted_even_when_zero(cls, name):
    """What the schema requires, Go writes always: as a struct by value, a pointer, or a field marked `always`."""
    published = fields.struct(name).fields
    exceptions = {"message", "reason"} if cls is Condition else set()
    for field in _fields(cls):
        if wire_name(field) not in published or wire_name(field) in exceptions:
            continue
        parts, optional = _parts(field.type)
        always = optional or issubclass_of_struct(parts[0]) or field.metadata.get("always")
        assert always or not published[wire_name(field)].required, field.name


@PAIRS
def test_attribute_names_are_snake_case(cls, name):
    """A capital run is one word: `pod_ips`, never `pod_i_ps` nor `podIPs`."""
    assert all(field.name == field.name.lower() and "__" not in field.name for field in _fields(cls))
    assert not any(len(word) == 1 for field in _fields(cls) for word in field.name.split("_"))


@PAIRS
def test_classes_are_values(cls, name):
    """A class has slots and a documented meaning, and two of its values built alike are one value."""
    assert not hasattr(cls(), "__dict__")
    assert cls() == cls()
    assert hash(cls()) == hash(cls())
    assert cls.__doc__
    assert pickle.loads(pickle.dumps(cls())) == cls()  # noqa: S301 - our own bytes
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        cls().extra = None


def test_the_walk_saw_the_parts_that_matter():
    """The tests above are not vacuous: they reach what is nested deepest."""
    reached = {cls.__name__ for cls, _ in STRUCTS}

    assert {
        "Container",
        "Probe",
        "PodAffinityTerm",
        "ContainerStateRunning",
        "Taint",
        "DownwardAPIVolumeFile",
    } <= reached
    assert {"EndpointHints", "CSIPersistentVolumeSource", "DeleteOptions", "OwnerReference", "ScaleSpec"} <= reached
    assert len(STRUCTS) > 120
