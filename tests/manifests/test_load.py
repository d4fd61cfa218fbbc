"""Loading: files, directories, standard input, lists, kinds; and the one clear error for each kind of bad input."""

from __future__ import annotations

import io
import json
from pathlib import Path
from textwrap import dedent

import pytest

from kcore.errors import InputError
from kcore.manifests import load, load_objects, load_text

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    },
}


def _names(loaded) -> list[str]:
    return [document.name for document in loaded.documents]


def _write(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_files_are_read_in_the_order_given(tmp_path):
    """Several files, each with several documents, make one input; every document knows its file and line."""
    first = _write(tmp_path, "z.yaml", f"{CONFIG % 'a'}---\n{CONFIG % 'b'}")
    second = _write(tmp_path, "a.json", json.dumps(WEB, indent=1))

    loaded = load([first, second])

    assert _names(loaded) == ["a", "b", "web"]
    assert [(document.source.file, document.source.line) for document in loaded.documents] == [
        (first, 1),
        (first, 5),
        (second, 1),
    ]
    assert loaded.objects[2] == WEB
    assert loaded.documents[2].lines.of(("spec", "template", "spec")) == 19


def test_a_directory_is_its_manifests_by_name(tmp_path):
    """*.json, *.yaml and *.yml are read in the order of their names; other files and directories are not."""
    for name in ("c.yml", "a.yaml"):
        _write(tmp_path, name, CONFIG % name[0])
    _write(tmp_path, "b.json", json.dumps({**WEB, "metadata": {"name": "b"}}))
    _write(tmp_path, "README.md", "# not a manifest")
    _write(tmp_path, "empty.yaml", "# only a comment\n")
    (tmp_path / "below.yaml").mkdir()
    _write(tmp_path / "below.yaml", "d.yaml", CONFIG % "d")

    assert _names(load([str(tmp_path)])) == ["a", "b", "c"]


def test_standard_input_is_a_dash():
    """`-` reads the stream that is passed in."""
    loaded = load(["-"], io.BytesIO((CONFIG % "a").encode()))

    assert _names(loaded) == ["a"]
    assert loaded.documents[0].source.file == "standard input"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(tmp_path, encoding):
    """A file that another system's editor or shell has written is read."""
    assert _names(load([_write(tmp_path, "a.yaml", (CONFIG % "ä").encode(encoding))])) == ["ä"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps({"apiVersion": "v1", "kind": "List", "items": [WEB, WEB]}), id="a List"),
        pytest.param(
            json.dumps({"apiVersion": "apps/v1", "kind": "DeploymentList", "metadata": {}, "items": [WEB, WEB]}),
            id="a list of one kind",
        ),
        pytest.param(
            json.dumps(
                {
                    "apiVersion": "apps/v1",
                    "kind": "DeploymentList",
                    "items": [{k: v for k, v in WEB.items() if k not in ("apiVersion", "kind")}] * 2,
                }
            ),
            id="a list whose items do not say their kind",
        ),
        pytest.param(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "List",
                    "items": [{"apiVersion": "v1", "kind": "List", "items": [WEB, WEB]}],
                }
            ),
            id="a List in a List",
        ),
        pytest.param(json.dumps(WEB) + json.dumps(WEB), id="objects in a row"),
    ],
)
def test_lists_are_taken_apart(text):
    """The items of a list are documents of their own."""
    assert load_text(text).objects == [WEB, WEB]


def test_an_empty_list_has_no_objects():
    """A List without items loads as nothing."""
    assert load_text("apiVersion: v1\nkind: List\nitems: []\n").documents == ()


def test_a_live_object_is_loaded_with_its_status():
    """What `kubectl get -o yaml` prints, status and server's metadata too, comes through as it is."""
    live = {
        **WEB,
        "metadata": {
            "name": "web",
            "uid": "1-2",
            "resourceVersion": "7",
            "creationTimestamp": "2000-01-01T00:00:00Z",
            "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {}}}],
        },
        "status": {"replicas": 1, "conditions": [{"type": "Available", "status": "True"}]},
    }

    assert load_objects([live]).objects == [live]


@pytest.mark.parametrize(
    ("old", "kind", "new"),
    [
        ("policy/v1beta1", "PodDisruptionBudget", "policy/v1"),
        ("extensions/v1beta1", "Deployment", "apps/v1"),
        ("extensions/v1beta1", "Ingress", "networking.k8s.io/v1"),
        ("apps/v1beta2", "StatefulSet", "apps/v1"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"),
        ("batch/v1beta1", "CronJob", "batch/v1"),
    ],
    ids=lambda part: part,
)
def test_old_versions_are_read_as_the_current_one(old, kind, new):
    """An object of a version that is not served any more is read as its successor, and a finding says so."""
    loaded = load_objects([{"apiVersion": old, "kind": kind, "metadata": {"name": "a"}}])

    assert loaded.documents[0].api_version == new
    assert str(loaded.findings[0]) == f"warning: {old} {kind} is not served by Kubernetes 1.36; read as {new}"


DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "shops.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Shop", "plural": "shops"},
        "versions": [{"name": "v1", "served": True, "storage": True}],
    },
}
SHOP = {"apiVersion": "example.com/v1", "kind": "Shop", "metadata": {"name": "s"}, "spec": {"anything": [1]}}


def test_a_definition_in_the_input_makes_its_kind_known():
    """Custom resources are taken when their definition is in the input, before or after them."""
    assert load_objects([SHOP, DEFINITION]).objects == [SHOP, DEFINITION]


def test_kinds_of_ones_own_are_let_through():
    """What is named beside the kinds of the table is taken unchecked."""
    mine = {"apiVersion": "kcore/v1", "kind": "Check", "metadata": {"name": "a"}, "given": 5}

    assert load_objects([mine], beside=[("kcore/v1", "Check")], modelled=[]).objects == [mine]


def _deployment(**spec) -> str:
    return json.dumps({**WEB, "spec": {**WEB["spec"], **spec}})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  port:\n  - port: 80\n",
            'f:6: Service/web: spec.port: unknown field "port" (did you mean ports?)',
            id="a misspelt field",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: http\n",
            'f:7: Service/web: spec.ports[0].port: "http" is a string; expected a whole number of 32 bits',
            id="a word for a number",
        ),
        pytest.param(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  debug: yes\n",
            "f:5: ConfigMap/c: data.debug: true is a boolean; expected a string (quoted it is a string)",
            id="a boolean for a string",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: {name: c}\n",
            'f:5: Pod/p: spec.containers: {"name": "c"} is an object; expected a list',
            id="a map for a list",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: '???'}\n",
            'f:4: Secret/s: data.a: "???" can\'t be read: illegal base64 data at input byte 0; expected base64 text',
            id="text for base64",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {prots: [], selektor: {}, tpye: a}\n",
            'f:4: Service/s: spec.prots: unknown field "prots" (did you mean ports?; and 2 more like it)',
            id="several faults",
        ),
        pytest.param(
            "apiVersion: apps/v1\nkind: Deploymnt\nmetadata: {name: a}\n",
            'f:2: Deploymnt/a: kind: no kind "Deploymnt" in version "apps/v1" (did you mean Deployment (apps/v1)?)',
            id="a misspelt kind",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n",
            'f:2: Deployment/a: kind: no kind "Deployment" in version "v1" (Deployment is served as apps/v1)',
            id="a kind in the wrong group",
        ),
        pytest.param(
            "apiVersion: apps/v2\nkind: Deployment\nmetadata: {name: a}\n",
            'f:2: Deployment/a: kind: no kind "Deployment" in version "apps/v2" (Deployment is served as apps/v1)',
            id="a version to come",
        ),
        pytest.param(
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n",
            'f:2: Service/a: kind: no kind "Service" in version "serving.knative.dev/v1" (Service is served as v1)',
            id="a custom kind that is called like one of Kubernetes",
        ),
        pytest.param(
            "apiVersion: example.com/v1\nkind: Xyzzy\nmetadata: {name: a}\n",
            'f:2: Xyzzy/a: kind: no kind "Xyzzy" in version "example.com/v1"'
            " (a custom resource needs its CustomResourceDefinition in the input)",
            id="a kind like no other",
        ),
        pytest.param(
            "kind: Pod\n",
            "f:1: Pod: apiVersion: missing; expected a group and version such as v1 or apps/v1",
            id="no apiVersion",
        ),
        pytest.param("apiVersion: v1\n", "f:1: kind: missing; expected a kind such as Deployment", id="no kind"),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n",
            "f:3: Pod: metadata.name: missing; expected the object's name",
            id="no name",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: 5\n",
            "f:4: Pod: metadata.name: 5 is no text; expected the object's name",
            id="a number for a name",
        ),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems:\n- 5\n",
            "f:4: List: items[0]: an item of the list is no object; expected an object",
            id="a list of numbers",
        ),
    ],
)
def test_bad_objects_are_one_error(text, error):
    """The error names file, line, object, field, value and what was expected, in one line."""
    with pytest.raises(InputError) as caught:
        load_text(dedent(text), "f")

    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param("a.yaml", "", "no objects in this file", id="an empty file"),
        pytest.param("a.yaml", "# nothing\n---\n---\n", "no objects in this file", id="only comments"),
        pytest.param("a.yaml", b"\x7fELF\0\1\2", "not a text file", id="a program"),
        pytest.param("a.yaml", "a: ä\n".encode("latin-1"), "not a text file", id="another encoding"),
        pytest.param("a.yaml", b"\xff\xfe\0", "not a text file", id="half a character"),
    ],
)
def test_bad_files_are_one_error(tmp_path, name, content, says):
    """A file that holds nothing that can be used is named with what is wrong."""
    path = _write(tmp_path, name, content)

    with pytest.raises(InputError, match=says) as caught:
        load([path])

    assert caught.value.place.file == path


@pytest.mark.parametrize(
    ("paths", "says"),
    [
        pytest.param(["absent.yaml"], "absent.yaml: can't be read: no such file or directory", id="no such file"),
        pytest.param(["."], "no manifests in this directory", id="a directory without manifests"),
        pytest.param(["-"], "standard input: no objects", id="an empty standard input"),
        pytest.param([], "no files are named", id="nothing at all"),
        pytest.param(["a\0b"], "is not the name of a file", id="a name that can't be"),
        pytest.param(["below"], "no objects in", id="a directory of empty files"),
    ],
)
def test_bad_paths_are_one_error(tmp_path, monkeypatch, paths, says):
    """A path that leads to no objects is an error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    _write(tmp_path / "below", "a.yaml", "# empty\n")

    with pytest.raises(InputError, match=says):
        load(paths, io.BytesIO())
