"""Drivers, what nodes have of them, and attachments: defaults, and what is refused."""

from __future__ import annotations

import pytest

from kcore.apiserver.registry import strategy_of


def driver(**spec):
    return {"metadata": {"name": "d.io", "resourceVersion": "1"}, "spec": spec}


def node(*drivers):
    return {"metadata": {"name": "n1", "resourceVersion": "1"}, "spec": {"drivers": list(drivers)}}


def attachment(**spec):
    given = {"attacher": "d.io", "nodeName": "n1", "source": {"persistentVolumeName": "v"}, **spec}
    return {
        "metadata": {"name": "a", "resourceVersion": "1"},
        "spec": {key: value for key, value in given.items() if value is not None},
    }


def fields(errors):
    return [one.path for one in errors]


def test_a_driver_wants_its_volumes_attached_unless_it_says_otherwise():
    """The other defaults are filled in beside it."""
    wire = driver()
    strategy_of("CSIDriver").default(wire)

    assert wire["spec"]["attachRequired"] is True
    assert wire["spec"]["volumeLifecycleModes"] == ["Persistent"]


@pytest.mark.parametrize(
    ("kind", "wire", "wrong"),
    [
        pytest.param("CSIDriver", driver(), [], id="a driver"),
        pytest.param(
            "CSIDriver",
            driver(volumeLifecycleModes=["Eternal"]),
            ["spec.volumeLifecycleModes[0]"],
            id="a mode unheard of",
        ),
        pytest.param("CSIDriver", driver(fsGroupPolicy="Maybe"), ["spec.fsGroupPolicy"], id="a policy unheard of"),
        pytest.param("CSINode", node({"name": "d.io", "nodeID": "n"}), [], id="a node with a driver"),
        pytest.param("CSINode", node({"name": "d.io"}), ["spec.drivers[0].nodeID"], id="a driver without a node id"),
        pytest.param(
            "CSINode",
            node({"name": "d.io", "nodeID": "n"}, {"name": "d.io", "nodeID": "m"}),
            ["spec.drivers[1].name"],
            id="a driver twice",
        ),
        pytest.param(
            "CSINode",
            node({"name": "d.io", "nodeID": "n", "allocatable": {"count": -1}}),
            ["spec.drivers[0].allocatable.count"],
            id="fewer volumes than none",
        ),
        pytest.param("VolumeAttachment", attachment(), [], id="an attachment"),
        pytest.param("VolumeAttachment", attachment(source={}), ["spec.source"], id="an attachment of nothing"),
        pytest.param("VolumeAttachment", attachment(nodeName=None), ["spec.nodeName"], id="an attachment to nowhere"),
        pytest.param("VolumeAttachment", attachment(attacher=None), ["spec.attacher"], id="an attachment by nobody"),
    ],
)
def test_an_object_is_valid_or_not(kind, wire, wrong):
    """The fields that are wrong are named."""
    assert fields(strategy_of(kind).validate(wire)) == wrong


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        pytest.param("CSIDriver", driver(attachRequired=True), driver(attachRequired=False), id="how volumes come"),
        pytest.param(
            "CSINode",
            node({"name": "d.io", "nodeID": "n"}),
            node({"name": "d.io", "nodeID": "m"}),
            id="what a driver calls the node",
        ),
        pytest.param("VolumeAttachment", attachment(), attachment(nodeName="n2"), id="where a volume is attached"),
    ],
)
def test_some_things_stay(kind, old, new):
    """A change of them is refused, an object that is the same is not."""
    strategy = strategy_of(kind)

    assert strategy.validate_update(new, old)
    assert not strategy.validate_update(old, old)
