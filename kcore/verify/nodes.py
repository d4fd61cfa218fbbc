"""Nodes as a spec file describes them: name, capacity, labels and taints."""

from __future__ import annotations

from kcore.api.frozenmap import FrozenMap
from kcore.api.quantity import Quantity, QuantityError
from kcore.errors import InputError
from kcore.model import NodeSpec
from kcore.verify.reader import Reader


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
        taints=tuple(FrozenMap({key: str(value) for key, value in taint.whole.items()}) for taint in taints),
    )
    reader.finish()
    return node
