"""Holding objects against the table: what a decoder can't take, in the API server's own words."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from kcore.api.fields import check, check_metadata, decode_error
from kcore.api.fields.check import path_of, path_text

RECORDED = Path(__file__).parent.parent / "conformance/vectors/validation.jsonl.gz"


def _pod(**fields):
    return {"apiVersion": "v1", "kind": "Pod", **fields}


def test_recorded_decoding_errors():
    """Whatever the real API server refused to decode is refused with the same words, and nothing else is."""
    with gzip.open(RECORDED, "rt") as lines:
        cases = [json.loads(line) for line in lines]
    bodies = [(case["id"], case["input"]["object"], case["expect"]) for case in cases]

    wrong = [
        (name, actual, expect)
        for name, body, expect in bodies
        for actual in [decode_error(body, body["apiVersion"], body["kind"])]
        if actual != (expect["message"] if expect["code"] == 400 else None)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            {"kind": 5},
            "json: cannot unmarshal number into Go struct field Pod.TypeMeta.kind of type string",
            id="kind",
        ),
        pytest.param(
            {"spec": {"volumes": [{"emptyDir": 1}]}},
            "json: cannot unmarshal number into Go struct field Volume.spec.volumes.VolumeSource.emptyDir"
            " of type v1.EmptyDirVolumeSource",
            id="a field of an embedded struct",
        ),
        pytest.param(
            {"metadata": {"labels": {"a": 1}}, "spec": {"overhead": {"cpu": "x"}}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            id="a quantity ends decoding, whatever came before",
        ),
        pytest.param(
            {"sepc": {}, "spec": {"hostNetwork": "yes"}, "metadata": []},
            "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool",
            id="the first wrong type, before any unknown field",
        ),
        pytest.param(
            {"sepc": {}, "spec": {"containers": [{}, {"img": 1}]}},
            'strict decoding error: unknown field "sepc", unknown field "spec.containers[1].img"',
            id="unknown fields all at once",
        ),
        pytest.param(
            {"metadata": {"creationTimestamp": "yesterday"}},
            'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
            id="a time that is none",
        ),
        pytest.param(
            {"metadata": {"creationTimestamp": "2001-02-30T00:00:00Z"}},
            'parsing time "2001-02-30T00:00:00Z": day out of range',
            id="a day that is none",
        ),
        pytest.param(
            {"metadata": {"creationTimestamp": 5}},
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string",
            id="a number as a time",
        ),
        pytest.param(
            {"spec": {"priority": 1.5}},
            "json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32",
            id="a fraction as an integer",
        ),
        pytest.param(
            {"spec": {"priority": True}},
            "json: cannot unmarshal bool into Go struct field PodSpec.spec.priority of type int32",
            id="a boolean is no number",
        ),
        pytest.param(
            {"spec": {"readinessGates": [{"conditionType": {}}]}},
            "json: cannot unmarshal object into Go struct field PodReadinessGate.spec.readinessGates.conditionType"
            " of type v1.PodConditionType",
            id="an object as a named string",
        ),
    ],
)
def test_the_server_says(body, message):
    """The message is the API server's, and of several faults the one that its decoder reports."""
    assert decode_error(_pod(**body), "v1", "Pod") == f'Pod in version "v1" cannot be handled as a Pod: {message}'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"metadata": None, "spec": {"containers": None, "priority": None}}, id="null fits everything"),
        pytest.param(
            {"spec": {"containers": [None, {"resources": {"limits": {"cpu": 1, "memory": None}}}]}}, id="numbers"
        ),
        pytest.param({"metadata": {"managedFields": [{"fieldsV1": {"f:any": {".": {}}}}]}}, id="free form"),
        pytest.param({"metadata": {"creationTimestamp": "2000-01-31T23:59:59.5+01:00"}}, id="a time with a zone"),
        pytest.param({"spec": {"priority": -(2**31), "activeDeadlineSeconds": 2**63 - 1}}, id="the largest integers"),
    ],
)
def test_what_fits_is_taken(body):
    """A body that the decoder takes has no problems."""
    assert check(_pod(**body), "v1", "Pod") == []


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param("YWJj", None, id="whole"),
        pytest.param("YW\nJj\r\n", None, id="with line ends"),
        pytest.param("YQ==", None, id="padded"),
        pytest.param("YWI=", None, id="padded once"),
        pytest.param("", None, id="empty"),
        pytest.param("YWJ", 0, id="too short"),
        pytest.param("YWJjZ", 4, id="too long by one"),
        pytest.param("YWJj?A==", 4, id="another alphabet"),
        pytest.param("=", 0, id="padding alone"),
        pytest.param("YQ=", 3, id="half of the padding"),
        pytest.param("YQ=A", 2, id="padding in the middle"),
        pytest.param("YQ==YQ==", 4, id="more after the padding"),
        pytest.param("ü", 0, id="not ASCII"),
    ],
)
def test_base64_is_judged_as_go_does(text, offset):
    """Malformed base64 is reported with the byte at which Go gives up."""
    body = {"apiVersion": "v1", "kind": "Secret", "data": {"a": text}}
    prefix = 'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte '

    assert decode_error(body, "v1", "Secret") == (None if offset is None else f"{prefix}{offset}")


@pytest.mark.parametrize(
    ("time", "fits"),
    [
        pytest.param("2000-01-01T00:00:00.000000Z", True, id="six digits"),
        pytest.param("2000-01-01T00:00:00Z", False, id="no fraction"),
        pytest.param("2000-01-01T00:00:00.0000000Z", False, id="seven digits"),
        pytest.param("2000-01-01T24:00:00.000000Z", False, id="an hour that is none"),
        pytest.param("2000-01-01T00:00:00.000000Z!", False, id="more after the zone"),
    ],
)
def test_a_fine_time_has_six_digits(time, fits):
    """A MicroTime is written to the microsecond, no more and no less."""
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {"renewTime": time}}

    assert (check(body, "coordination.k8s.io/v1", "Lease") == []) == fits


def test_problems_say_where_and_what_was_meant():
    """A problem has the path, the value, what would do, and the nearest name."""
    (unknown, wrong) = check(_pod(spec={"containers": [{"iamge": "a", "name": 1}]}), "v1", "Pod")

    assert (unknown.field, unknown.problem, unknown.nearest) == ("spec.containers[0].iamge", "unknown", "image")
    assert (wrong.path, wrong.problem) == (("spec", "containers", 0, "name"), "wrongType")
    assert (wrong.value, wrong.expected) == (1, "a string")


def test_metadata_of_a_custom_resource_is_checked_alone():
    """Of an object whose kind the table does not have, metadata is held against the table and the rest is not."""
    (problem,) = check_metadata({"kind": "Shop", "metadata": {"lables": {}}, "spec": {"anything": 1}})

    assert (problem.field, problem.nearest) == ("metadata.lables", "labels")


@pytest.mark.parametrize("text", ["", "spec", "spec.containers[0].image", "a[12][3].b"], ids=repr)
def test_a_path_reads_back_from_its_text(text):
    """What `path_text` writes, `path_of` reads."""
    assert path_text(path_of(text)) == text
