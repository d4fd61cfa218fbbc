"""What a spec file says of use and of static pods: it is read, refused with its place, and carried by a trace."""

from __future__ import annotations

import pytest

from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError, Place
from kcore.faults.memory_pressure import MemoryTaken
from kcore.model import NodeSpec
from kcore.users.add_node import NodeAdded
from kcore.verify.codec import decode, decode_event, encode, encode_event
from kcore.verify.nodes import parse_node
from kcore.verify.reader import Reader
from kcore.verify.scenario import parse_behavior
from kcore.world.world import Behavior

MANIFEST = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}


def reader(value):
    return Reader(value, (), lambda path: Place(field=".".join(map(str, path))))


def test_a_behavior_says_what_it_uses():
    """In quantities, and from when on."""
    given = {"image": "a", "memory": "300Mi", "disk": "2Gi", "usesAfter": "30s", "imageSize": 1000}
    expected = Behavior(image="a", memory=300 << 20, disk=2 << 30, uses_after=30_000, image_size=1000)

    assert parse_behavior(reader(given)) == expected


@pytest.mark.parametrize("given", ["much", "300MiB"])
def test_a_use_that_is_no_quantity_is_refused(given):
    """With its field."""
    with pytest.raises(InputError, match="expected a quantity"):
        parse_behavior(reader({"image": "a", "memory": given}))


def test_a_node_has_the_manifests_of_its_static_pods():
    """As they are in the file."""
    node = parse_node(reader({"name": "n1", "capacity": {"cpu": 1}, "manifests": [MANIFEST]}))

    assert [one.value for one in node.manifests] == [MANIFEST]


def test_a_manifest_has_to_be_an_object():
    """A name of a file is none."""
    with pytest.raises(InputError):
        parse_node(reader({"name": "n1", "manifests": ["pod.yaml"]}))


def test_a_trace_carries_static_pods_and_faults():
    """There and back."""
    node = parse_node(reader({"name": "n1", "capacity": {"cpu": 1}, "manifests": [MANIFEST]}))

    assert decode(NodeSpec, encode(node)) == node
    for event in (NodeAdded(node), MemoryTaken("n1")):
        assert decode_event(encode_event(event)) == event


def test_a_trace_carries_the_settings_of_kubelets():
    """Thresholds and periods, there and back."""
    given = {
        "evictionHard": {"memory.available": "200Mi"},
        "shutdownGracePeriodByPodPriority": [{"priority": 0, "shutdownGracePeriodSeconds": 20}],
    }
    config = ClusterConfig.from_wire(given, Place())

    assert decode(ClusterConfig, encode(config)) == config
