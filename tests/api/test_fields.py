"""The table of fields: what it has, how it is looked up, and that it is fresh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kcore.api.fields import TypeInfo, kind_info, kinds, nearest, struct, type_of
from kcore.api.kinds import KINDS

ROOT = Path(__file__).parent.parent.parent


def _field(api_version: str, kind: str, path: str):
    """The field at a dotted path below a kind, lists and maps passed through."""
    info = type_of(api_version, kind)
    *steps, last = path.split(".")
    for step in steps:
        inner = info.fields[step].type
        while inner.element:
            inner = inner.element
        info = struct(inner.struct)
    return info.fields[last]


def test_every_kind_has_its_fields():
    """Each kind of the table has a type with apiVersion, kind and metadata."""
    lacking = [pair for pair in kinds() if not {"apiVersion", "kind", "metadata"} <= set(type_of(*pair).fields)]

    assert lacking == []


def test_every_reference_of_the_table_is_to_a_type_of_the_table():
    """Whatever a kind's fields refer to can be looked up, down to the leaves."""
    seen: set[str] = set()
    todo = [kind_info(*pair).type for pair in kinds()]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            for field in struct(name).fields.values():
                inner = field.type
                while inner.element:
                    inner = inner.element
                todo += [inner.struct] if inner.struct else []

    assert len(seen) > 700


@pytest.mark.parametrize(
    ("api_version", "kind", "path", "shape", "go"),
    [
        pytest.param("v1", "Service", "spec.selector", "map", "map[string]string", id="a map of strings"),
        pytest.param("v1", "Service", "spec.ports", "list", "[]v1.ServicePort", id="a list of structs"),
        pytest.param("v1", "Service", "spec.type", "string", "v1.ServiceType", id="a named string"),
        pytest.param(
            "v1", "Service", "spec.ports.targetPort", "IntOrString", "intstr.IntOrString", id="a port or name"
        ),
        pytest.param("apps/v1", "Deployment", "spec.replicas", "int32", "int32", id="an integer of 32 bits"),
        pytest.param("v1", "Pod", "spec.terminationGracePeriodSeconds", "int64", "int64", id="an integer of 64 bits"),
        pytest.param("v1", "Secret", "data", "map", "map[string][]uint8", id="a map of bytes"),
        pytest.param("v1", "Pod", "spec.containers.resources.limits", "map", "v1.ResourceList", id="a named map"),
        pytest.param("v1", "Pod", "metadata.creationTimestamp", "Time", "v1.Time", id="a time"),
        pytest.param(
            "coordination.k8s.io/v1", "Lease", "spec.renewTime", "MicroTime", "v1.MicroTime", id="a fine time"
        ),
        pytest.param("apps/v1", "ControllerRevision", "data", "any", "interface {}", id="anything at all"),
        pytest.param("batch/v1", "CronJob", "spec.suspend", "boolean", "bool", id="a boolean"),
    ],
)
def test_fields_have_the_types_of_the_api(api_version, kind, path, shape, go):
    """A field has its shape, and the name that Go prints for it."""
    field = _field(api_version, kind, path)

    assert (field.type.shape, field.type.go) == (shape, go)


@pytest.mark.parametrize(
    ("kind", "path", "key", "strategy"),
    [
        pytest.param(("v1", "Pod"), "spec.containers", "name", ("merge",), id="containers by name"),
        pytest.param(("v1", "Pod"), "spec.containers.env", "name", ("merge",), id="variables by name"),
        pytest.param(
            ("v1", "Pod"), "spec.containers.ports", "containerPort", ("merge",), id="container ports by number"
        ),
        pytest.param(("v1", "Pod"), "spec.containers.volumeMounts", "mountPath", ("merge",), id="mounts by path"),
        pytest.param(("v1", "Pod"), "spec.volumes", "name", ("merge", "retainKeys"), id="volumes by name, one source"),
        pytest.param(("v1", "Pod"), "spec.tolerations", "", (), id="tolerations as a whole"),
        pytest.param(("v1", "Pod"), "metadata.finalizers", "", ("merge",), id="finalizers as a set"),
        pytest.param(("v1", "Pod"), "metadata.ownerReferences", "uid", ("merge",), id="owners by uid"),
        pytest.param(("v1", "Pod"), "status.conditions", "type", ("merge",), id="conditions by type"),
        pytest.param(("v1", "Service"), "spec.ports", "port", ("merge",), id="service ports by number"),
        pytest.param(("apps/v1", "Deployment"), "spec.strategy", "", ("retainKeys",), id="a strategy of one kind"),
        pytest.param(("v1", "Node"), "spec.taints", "", (), id="taints as a whole"),
    ],
)
def test_fields_say_how_a_strategic_merge_patch_treats_them(kind, path, key, strategy):
    """A field has its merge key and patch strategies."""
    field = _field(*kind, path)

    assert (field.merge_key, field.patch_strategy) == (key, strategy)


def test_fields_say_what_is_required_and_how_lists_are_told_apart():
    """A container needs a name; its ports are told apart by number and protocol; Go embeds the sources of volumes."""
    assert struct("core.v1.Container").fields["name"].required
    assert not struct("core.v1.Container").fields["image"].required
    assert struct("core.v1.Container").fields["ports"].list_map_keys == ("containerPort", "protocol")
    assert struct("core.v1.Volume").fields["emptyDir"].embedded == ("VolumeSource",)


def test_kinds_say_whether_they_live_in_a_namespace():
    """A Pod has a namespace, a Node has none; an unknown kind is nothing."""
    assert kind_info("v1", "Pod").namespaced
    assert not kind_info("v1", "Node").namespaced
    assert kind_info("v1", "Deployment") is None
    assert type_of("v1", "Deployment") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("replica", "replicas", id="a letter short"),
        pytest.param("Replicas", "replicas", id="another case"),
        pytest.param("seletcor", "selector", id="letters swapped"),
        pytest.param("zzz", None, id="like nothing"),
    ],
)
def test_a_misspelt_name_has_a_nearest(name, expected):
    """The nearest field is found whatever the slip, and none is made up."""
    assert nearest(name, struct("apps.v1.DeploymentSpec").fields) == expected


def test_types_are_values():
    """Looking a type up twice gives equal types whose fields can't be changed."""
    info = type_of("v1", "Pod")

    assert isinstance(info, TypeInfo)
    assert info == type_of("v1", "Pod")
    with pytest.raises(TypeError):
        info.fields["new"] = info.fields["spec"]


def test_the_table_is_fresh():
    """The generator, where the published schemas are installed, writes the table as it stands."""
    pytest.importorskip("kubernetes_validate")
    stale = subprocess.run([sys.executable, ROOT / "scripts/generate_fields.py", "--check"], check=False).returncode

    assert not stale


def test_the_table_agrees_with_the_table_of_kinds():
    """Every kind that is served has fields here, and both tables know the same scope for it."""
    wrong = [
        kind.kind
        for kind in KINDS
        for info in [kind_info(kind.api_version, kind.kind)]
        if info is None or info.namespaced != kind.namespaced
    ]

    assert wrong == []
