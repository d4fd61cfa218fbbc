"""metadata of new and of changed objects."""

from __future__ import annotations

import pytest

from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update

NAMED = {"name": "a", "namespace": "default"}
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1"}


def faults(errors) -> list[tuple[str, str]]:
    """Return the reasons and paths of errors."""
    return [(error.type.name, error.path.removeprefix("metadata.")) for error in errors]


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        pytest.param({"name": ""}, [("REQUIRED", "name"), ("REQUIRED", "namespace")], id="an object has a name"),
        pytest.param({"name": "A"}, [("INVALID", "name"), ("REQUIRED", "namespace")], id="a name is well-formed"),
        pytest.param(NAMED | {"generateName": "A.b-"}, [("INVALID", "generateName")], id="so is what starts one"),
        pytest.param(NAMED | {"generateName": "a-"}, [], id="a name that goes on may have a dash last"),
        pytest.param(NAMED | {"namespace": "a.b"}, [("INVALID", "namespace")], id="a namespace is a label"),
        pytest.param(NAMED | {"labels": {"a b": "c d"}}, [("INVALID", "labels")] * 2, id="labels have keys and values"),
        pytest.param(NAMED | {"annotations": {"UP": "any thing"}}, [], id="annotations hold anything"),
        pytest.param(NAMED | {"annotations": {"a": "x" * 262144}}, [("TOO_LONG", "annotations")], id="but not 256 KiB"),
        pytest.param(NAMED | {"finalizers": ["a"]}, [("INVALID", "finalizers[0]")], id="a finalizer has a domain"),
        pytest.param(NAMED | {"finalizers": ["kubernetes", "a.io/b"]}, [], id="or is one of Kubernetes'"),
        pytest.param(
            NAMED | {"finalizers": ["orphan", "foregroundDeletion"]}, [("INVALID", "finalizers")], id="one way to go"
        ),
        pytest.param(NAMED | {"ownerReferences": [OWNER]}, [], id="an owner is named in full"),
        pytest.param(
            NAMED | {"ownerReferences": [OWNER | {"uid": ""}]}, [("INVALID", "ownerReferences.uid")], id="with its uid"
        ),
        pytest.param(
            NAMED | {"ownerReferences": [OWNER | {"controller": True}] * 2},
            [("INVALID", "ownerReferences")],
            id="an object has one controller",
        ),
        pytest.param(
            NAMED | {"ownerReferences": [OWNER | {"kind": "Event"}]}, [("INVALID", "ownerReferences")], id="no Event"
        ),
    ],
)
def test_metadata_of_a_new_object(meta, expected):
    """Each fault is found where upstream finds it."""
    assert expected == faults(object_meta(meta, names.dns1123_subdomain))


def test_an_object_of_the_cluster_has_no_namespace():
    """A namespace is forbidden where it means nothing."""
    assert faults(object_meta(NAMED, names.dns1123_subdomain, namespaced=False)) == [("FORBIDDEN", "namespace")]


OLD = NAMED | {"uid": "1", "resourceVersion": "5", "generation": 2}


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        pytest.param(OLD, OLD, [], id="nothing changed"),
        pytest.param(OLD | {"labels": {"a": "b"}}, OLD, [], id="labels may change"),
        pytest.param(OLD | {"uid": "2"}, OLD, [("INVALID", "uid")], id="the uid stays"),
        pytest.param(OLD | {"name": "b"}, OLD, [("INVALID", "name")], id="the name stays"),
        pytest.param(OLD | {"resourceVersion": ""}, OLD, [("INVALID", "resourceVersion")], id="the revision is named"),
        pytest.param(OLD | {"generation": 1}, OLD, [("INVALID", "generation")], id="the generation grows"),
        pytest.param(
            OLD | {"deletionTimestamp": "t", "finalizers": ["a.io/b"]},
            OLD | {"deletionTimestamp": "t"},
            [("FORBIDDEN", "finalizers")],
            id="what is being deleted gets no new finalizer",
        ),
        pytest.param(
            OLD | {"deletionTimestamp": "t"},
            OLD | {"deletionTimestamp": "t", "finalizers": ["a.io/b"]},
            [],
            id="it may lose one",
        ),
    ],
)
def test_a_change_of_metadata(new, old, expected):
    """What the system set stays."""
    assert expected == faults(object_meta_update(new, old))
