"""Targets: how a step of a spec file names an object or a node.

Models `kubectl`'s ways: by name, or by selector and index; the namespace is `default` unless another is said. A kind
that a definition brings is named with its group, as in "Widget.example.com". A disk is named by the claim that is bound
to it.
"""

from __future__ import annotations

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.fields.check import Path
from kcore.api.kinds import Kind, by_name, key_kind
from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.errors import InputError
from kcore.reconcile.attachment import disk_of
from kcore.verify.reader import Locate, Reader
from kcore.world.disk import DiskId

NAMESPACE = "default"


def parse_target(reader: Reader, kind: str = "") -> Target:
    """Return the object that a mapping names, by name or by selector and index."""
    name, selector = reader.take("name", str, ""), reader.take("selector", dict, {})
    if bool(name) == bool(selector):
        problem = f"the object is named {'twice' if name else 'nowhere'}"
        raise InputError(problem, place=reader.place(), expected="either name or selector")
    return parse_targets(reader, kind, name, selector)


def parse_targets(reader: Reader, kind: str, name: str, selector: dict[str, str]) -> Target:
    """Return the objects of a kind that a mapping tells, all of the kind where neither name nor selector is given."""
    named = reader.take("kind", str, kind or None)
    known = by_name(named)
    if known is None and "." in named.partition(".")[2]:
        known = Kind(kind=named.partition(".")[0], group=named.partition(".")[2], plural="", singular="")
    if known is None:
        raise InputError(f"{named!r} is no kind", place=reader.place("kind"), expected="a known kind")
    namespace = reader.take("namespace", str, NAMESPACE)
    return Target(
        kind=key_kind(known),
        namespace=namespace if known.namespaced else "",
        name=name,
        selector=",".join(f"{key}={selector[key]}" for key in sorted(selector)),
        index=reader.take("index", int, 0),
    )


def node_name(value: object, path: Path, locate: Locate) -> str:
    """Return the name of a node that stands for itself as the content of a step."""
    if not isinstance(value, str) or not value:
        raise InputError(f"{value!r} is no node", place=locate(path), expected="the name of a node")
    return value


def disk_of_claim(state: ClusterState, key: ObjectKey, node: str) -> DiskId | None:
    """Return the disk that a claim is bound to, as seen from `node` where it is part of one; None for no disk."""
    claim = state.store.get(key)
    if not isinstance(claim, PersistentVolumeClaim):
        return None
    volume = state.store.get(ObjectKey("PersistentVolume", "", claim.spec.volume_name))
    return disk_of(volume, node) if isinstance(volume, PersistentVolume) else None
