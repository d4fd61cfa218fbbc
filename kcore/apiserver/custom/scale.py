"""Scale: where a custom resource keeps its size, as its definition says.

Models the paths of the size wanted and observed and of the selector, simple names joined by dots, as the only ones
that a definition may name; and the bounds of a size.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/etcd.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, invalid
from kcore.apiserver.registry.strategy import ScalePaths

MOST = 2**31 - 1


def paths_of(version: Mapping[str, Any]) -> ScalePaths | None:
    """Return the paths that a version of a definition names, None where it has no scale."""
    scale = (version.get("subresources") or {}).get("scale")
    if scale is None:
        return None
    names = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
    spec, status, selector = (tuple(step for step in str(scale.get(name) or "").split(".") if step) for name in names)
    return ScalePaths(spec, status, selector)


def scale_errors(wire: Wire, paths: ScalePaths | None, part: str) -> Errors:
    """Yield what is wrong with the size in the `part` (spec or status) of a resource."""
    path = () if paths is None else paths.spec if part == "spec" else paths.status
    size = at(wire, path) if path else None
    if isinstance(size, bool) or not isinstance(size, int):
        return
    if size < 0:
        yield invalid(f".{'.'.join(path)}", size, "should be a non-negative integer")
    elif size > MOST:
        yield invalid(f".{'.'.join(path)}", size, f"should be less than or equal to {MOST}")


def at(wire: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at `path`, None where nothing does."""
    for step in path:
        wire = wire.get(step) if isinstance(wire, dict) else None
    return wire


def put(wire: Wire, path: tuple[str, ...], value: Any) -> None:
    """Put `value` at `path`, which has one step or more; objects on the way that are not there are made."""
    for step in path[:-1]:
        wire = wire.setdefault(step, {})
    wire[path[-1]] = value
