"""Merging: an object with a configuration laid over it, and without fields that nobody wants any more.

Upstream: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/typed/merge.go
"""

from __future__ import annotations

from typing import Any

from kcore.apiserver.apply.fieldset import FieldSet, Path
from kcore.apiserver.apply.shape import Shape
from kcore.apiserver.patch.order import in_order

_GONE = object()


def merged(live: Any, config: Any, shape: Shape) -> Any:
    """Return `live` with what `config` says in its place; elements that both have keep the order of `config`."""
    if isinstance(live, dict) and isinstance(config, dict):
        laid = {
            name: merged(live[name], value, shape.child(name)) if name in live else value
            for name, value in config.items()
        }
        return {**live, **laid}
    if not (isinstance(live, list) and isinstance(config, list)) or shape.parts(config) is None:
        return config
    before = {shape.identity(item): item for item in live}
    after = {shape.identity(item): item for item in config}
    items = {
        **before,
        **{name: merged(before[name], item, shape.element) if name in before else item for name, item in after.items()},
    }
    return in_order(list(items.values()), live, config, shape.identity)


def without(value: Any, shape: Shape, gone: FieldSet) -> Any:
    """Return `value` without the fields and elements in `gone`, and without what that leaves empty."""
    rest = _without(value, shape, gone, ())
    return {} if rest is _GONE else rest


def _without(value: Any, shape: Shape, gone: FieldSet, path: Path) -> Any:
    if path in gone:
        return _GONE
    parts = shape.parts(value)
    if parts is None or not value:
        return value
    rest = [(element, _without(item, inner, gone, (*path, element))) for element, item, inner in parts]
    kept = [(element, item) for element, item in rest if item is not _GONE]
    if not kept:
        return _GONE
    return [item for _, item in kept] if isinstance(value, list) else {name[2:]: item for name, item in kept}
