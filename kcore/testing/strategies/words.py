"""Strategies for the small things that objects are made of: names, labels, selectors, images, quantities.

Models values that the API server accepts wherever they may stand: short ones, as a short name shows as much as a long
one and reads better in a counterexample. Everything shrinks towards the letter a, the smallest number and nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from kcore.api.core.taint import Taint, Toleration
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.labelselector import LabelSelector, LabelSelectorRequirement
from kcore.api.quantity import Quantity

IMAGES = ("app:v1", "app:v2", "shop.example/app:v3")
ZONES = ("a", "b", "c")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_MIXED = f"{_LOWER}ABCXYZ"

_NAMES = st.builds("{}{}".format, st.sampled_from(_LOWER[:26]), st.text(f"{_LOWER}-", max_size=8)).map(
    lambda text: text.rstrip("-")
)
_VALUES = st.text(f"{_MIXED}-_.", max_size=8).map(lambda text: text.strip("-_."))
_PLAIN_KEYS = st.builds("{}{}".format, st.sampled_from(_LOWER[:26]), _VALUES)
_KEYS = _PLAIN_KEYS | st.builds("{}.example/{}".format, _NAMES, _PLAIN_KEYS)


def names() -> st.SearchStrategy[str]:
    """Return names that any object may have: a DNS label of nine characters at most that begins with a letter."""
    return _NAMES


def label_keys() -> st.SearchStrategy[str]:
    """Return keys of labels, with and without a prefix."""
    return _KEYS


def label_values() -> st.SearchStrategy[str]:
    """Return values of labels, the empty one among them."""
    return _VALUES


def labels(*, min_size: int = 0, max_size: int = 3) -> st.SearchStrategy[FrozenMap[str]]:
    """Return labels."""
    return st.dictionaries(label_keys(), label_values(), min_size=min_size, max_size=max_size).map(FrozenMap)


@st.composite
def selectors(draw: st.DrawFn, of: Mapping[str, str]) -> LabelSelector:
    """Draw a selector that picks what has the labels `of`, by value or by requirement; not empty if they are not."""
    if not of:
        return LabelSelector()
    keys = sorted(of)
    first, more = keys[draw(st.integers(0, len(keys) - 1))], draw(_BOOLEANS)
    equal = {key: of[key] for key in keys if more or key == first}
    requirements = (draw(_requirements(first, of[first])),) if draw(_BOOLEANS) else ()
    return LabelSelector(match_labels=FrozenMap(equal), match_expressions=requirements)


_BOOLEANS = st.booleans()
_OTHER_VALUES = st.lists(_VALUES, max_size=2)


@st.composite
def _requirements(draw: st.DrawFn, key: str, value: str) -> LabelSelectorRequirement:
    """Draw a requirement that `key: value` meets."""
    if draw(_BOOLEANS):
        values = tuple(dict.fromkeys([value, *draw(_OTHER_VALUES)]))
        return LabelSelectorRequirement(key=key, operator="In", values=values)
    return LabelSelectorRequirement(key=key, operator="Exists")


def images() -> st.SearchStrategy[str]:
    """Return images of containers."""
    return st.sampled_from(IMAGES)


def cpus(most: int = 2000) -> st.SearchStrategy[Quantity]:
    """Return amounts of CPU from 0 to `most` thousandths of a core, as "100m" or "1"."""
    return st.integers(0, most // 50).map(lambda steps: Quantity.of_milli(steps * 50))


def memories(most: int = 2048) -> st.SearchStrategy[Quantity]:
    """Return amounts of memory from 0 to `most` MiB."""
    return st.integers(0, most // 64).map(lambda steps: Quantity.parse(f"{steps * 64}Mi"))


def quantities() -> st.SearchStrategy[Quantity]:
    """Return amounts of anything, of both signs, in every way to write one."""
    numbers = st.integers(0, 10**6).map(str) | st.decimals(0, 1000, places=3).map(str)
    suffixes = st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "n", "u"])
    return st.builds("{}{}{}".format, st.sampled_from(["", "-", "+"]), numbers, suffixes).map(Quantity.parse)


_EFFECTS = st.sampled_from(["", *EFFECTS])
_TAINTS = st.builds(Taint, key=_NAMES, value=_VALUES, effect=st.sampled_from(EFFECTS))
_TOLERATIONS = (
    st.just(Toleration(operator="Exists"))
    | st.builds(Toleration, key=_NAMES, operator=st.just("Exists"), effect=_EFFECTS)
    | st.builds(Toleration, key=_NAMES, operator=st.just("Equal"), value=_VALUES, effect=_EFFECTS)
    | st.builds(
        Toleration,
        key=_NAMES,
        operator=st.just("Exists"),
        effect=st.just("NoExecute"),
        toleration_seconds=st.integers(0, 600),
    )
)


def taints() -> st.SearchStrategy[Taint]:
    """Return taints that somebody gave a node."""
    return _TAINTS


def tolerations() -> st.SearchStrategy[Toleration]:
    """Return tolerations: of everything, of a key, of a key with a value, for ever or for some seconds."""
    return _TOLERATIONS


def amounts(most: int = 4, *, least: int = 0) -> st.SearchStrategy[int | str]:
    """Return numbers or percentages, as budgets and rollouts have them: from `least` to `most`, or percent."""
    return st.integers(least, most) | st.integers(max(least, 0), 100).map("{}%".format)
