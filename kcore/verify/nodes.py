"""Nodes as a spec file describes them: name, capacity, labels and taints, one by one or several alike."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.quantity import Quantity, QuantityError
from kcore.errors import InputError
from kcore.model import NodeSpec
from kcore.verify.reader import Reader

ZONE = "topology.kubernetes.io/zone"


def parse_nodes(reader: Reader) -> Iterator[NodeSpec]:
    """Yield the nodes of one entry: `count` alike ones, named with {i}, in `zones` in turn."""
    count = reader.take("count", int, 1)
    zones = [str(zone) for _, zone in reader.items("zones")]
    node = parse_node(reader)
    if count > 1 and "{i}" not in node.name:
        raise InputError(f"{count} nodes are named {node.name!r}", place=reader.place("name"), expected="a {i} in it")
    for number in range(count):
        labels = node.labels.set(ZONE, zones[number % len(zones)]) if zones else node.labels
        yield attrs.evolve(node, name=node.name.replace("{i}", str(number + 1)), labels=labels)


def parse_node(reader: Reader) -> NodeSpec:
    """Return the node that the mapping describes; InputError names the field that is wrong."""
    capacity = reader.child("capacity")
    for name, amount in capacity.whole.items():
        try:
            Quantity.parse(str(amount))
        except QuantityError as error:
            problem = f"{amount!r}: {error}"
            raise InputError(problem, place=capacity.place(name), expected="a quantity such as 4 or 8Gi") from None
    labels = reader.child("labels").whole
    taints = [Reader(item, path, reader.locate) for path, item in reader.items("taints")]
    node = NodeSpec(
        name=reader.take("name", str),
        capacity=FrozenMap({name: str(amount) for name, amount in capacity.whole.items()}),
        labels=FrozenMap({name: str(value) for name, value in labels.items()}),
        manifests=tuple(
            Json.of(dict(Reader(item, path, reader.locate).whole)) for path, item in reader.items("manifests")
        ),
        taints=tuple(FrozenMap({key: str(value) for key, value in taint.whole.items()}) for taint in taints),
    )
    reader.finish()
    return node
