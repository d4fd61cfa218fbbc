"""Whatever the input, it loads or is refused with an InputError: no other exception comes out."""

from __future__ import annotations

import copy
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kcore.errors import InputError
from kcore.manifests import load, load_objects, load_text, to_yaml

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
)

POD = {
    "metadata": {"labels": {"app": "a"}},
    "spec": {
        "serviceAccountName": "robot",
        "containers": [
            {
                "name": "c",
                "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "config", "key": "k"}}}],
                "envFrom": [{"secretRef": {"name": "s"}}],
            }
        ],
        "volumes": [
            {"name": "v", "configMap": {"name": "config", "items": [{"key": "k", "path": "p"}]}},
            {"name": "w", "projected": {"sources": [{"secret": {"name": "s"}}]}},
            {"name": "x", "persistentVolumeClaim": {"claimName": "d"}},
        ],
    },
}
OBJECTS = [
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a"},
        "spec": {"selector": {"app": "a"}, "ports": [{"port": 1}]},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "a", "namespace": "n"},
        "spec": {
            "selector": {
                "matchLabels": {"app": "a"},
                "matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}],
            },
            "serviceName": "a",
            "template": POD,
            "volumeClaimTemplates": [{"metadata": {"name": "d"}}],
        },
    },
    {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "c"},
        "spec": {"group": "g", "names": {"kind": "C"}, "versions": [{"name": "v1"}]},
    },
    {"apiVersion": "g/v1", "kind": "C", "metadata": {"name": "c", "namespace": "n"}, "spec": {}},
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "i"},
        "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "a"}}}]}}]},
    },
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config", "namespace": "n"}, "data": {"k": "v"}},
]


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a value with each of its keys or indices."""
    here = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in here for place in [(value, key), *_places(item)]]


def _told(read) -> str:
    """The error that reading gives, if it gives one."""
    try:
        read()
    except InputError as error:
        return str(error)
    return ""


@given(st.text() | st.from_regex(r"[-\[\]{}:,&*?!|>'\"%@` \n#a0.]*") | st.text(alphabet="ab:- \n\t[]{},&*'\"\\"))
def test_any_text(text):
    """A text is a manifest or one error in one line."""
    assert "\n" not in _told(lambda: load_text(text, "f"))


@given(st.binary())
def test_any_bytes(data):
    """A stream of bytes is a manifest or one error in one line."""
    assert "\n" not in _told(lambda: load(["-"], io.BytesIO(data)))


@given(st.data())
def test_any_value_in_any_place(data):
    """Real objects with another value put anywhere are taken, with findings, or refused; YAML makes no difference."""
    objects = copy.deepcopy(OBJECTS)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(_places(objects)))
        container[key] = data.draw(values)
    wires = [wire for wire in objects if isinstance(wire, dict)]

    assert "\n" not in _told(lambda: load_objects(wires, modelled=[]))
    assert "\n" not in _told(lambda: load_text(to_yaml(wires), "f", modelled=[]))


@given(st.data())
def test_any_line_cut_out(data):
    """A manifest with a line cut out or changed is taken or refused."""
    lines = to_yaml(OBJECTS).splitlines(keepends=True)
    index = data.draw(st.integers(0, len(lines) - 1))
    lines[index : index + 1] = data.draw(st.just([]) | st.text(max_size=8).map(lambda text: [text]))

    assert "\n" not in _told(lambda: load_text("".join(lines), "f"))
