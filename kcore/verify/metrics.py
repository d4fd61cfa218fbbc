"""What is asked of the pods, as a spec file describes it: loads that pods share, and gauges.

A load is `{name, labels, value, metric, namespace}`, a gauge `{name, metric, value, of, labels, namespace}`, as in
`kcore.world.metrics`; a value is a quantity.
"""

from __future__ import annotations

from kcore.api.frozenmap import FrozenMap
from kcore.api.quantity import Quantity, QuantityError
from kcore.errors import InputError
from kcore.verify.reader import Reader
from kcore.world.metrics import Gauge, Load, Metrics


def parse_metrics(reader: Reader) -> Metrics:
    """Return what the fields `loads` and `gauges` describe; InputError names the field that is wrong."""
    loads = tuple(_load(Reader(item, path, reader.locate)) for path, item in reader.items("loads"))
    gauges = tuple(_gauge(Reader(item, path, reader.locate)) for path, item in reader.items("gauges"))
    names = [*(one.name for one in loads), *(one.name for one in gauges)]
    for name in names:
        if names.count(name) > 1:
            problem = f"two loads or gauges are named {name!r}"
            raise InputError(problem, place=reader.place("loads" if loads else "gauges"), expected="one of each name")
    return Metrics(loads=loads, gauges=gauges)


def milli(reader: Reader, name: str) -> int:
    """Return the quantity `name` of a mapping in thousandths."""
    value = reader.whole.get(name)
    given = str(reader.take(name, int if isinstance(value, int) else str))
    try:
        return Quantity.parse(given).milli_value
    except QuantityError as error:
        raise InputError(f"{given!r}: {error}", place=reader.place(name), expected="a quantity such as 900m") from None


def size(reader: Reader, name: str) -> int:
    """Return the quantity `name` of a mapping in whole units, 0 when it is not given."""
    return milli(reader, name) // 1000 if name in reader.whole else reader.take(name, int, 0)


def _load(reader: Reader) -> Load:
    load = Load(
        name=reader.take("name", str),
        labels=_labels(reader),
        milli=milli(reader, "value"),
        metric=reader.take("metric", str, "cpu"),
        namespace=reader.take("namespace", str, "default"),
    )
    reader.finish()
    return load


def _gauge(reader: Reader) -> Gauge:
    gauge = Gauge(
        name=reader.take("name", str),
        metric=reader.take("metric", str),
        milli=milli(reader, "value"),
        of=reader.take("of", str, ""),
        labels=_labels(reader),
        namespace=reader.take("namespace", str, "default"),
    )
    reader.finish()
    return gauge


def _labels(reader: Reader) -> FrozenMap[str]:
    return FrozenMap({name: str(value) for name, value in reader.take("labels", dict, {}).items()})
