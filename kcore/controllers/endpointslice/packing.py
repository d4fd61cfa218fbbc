"""Packing: endpoints of one set of ports into slices, with as few writes as may be.

Models three passes. What an existing slice holds and still should hold stays there. What is left goes first into slices
that are written anyway, the fullest first; then, if it is less than a full slice, into the one slice it fills up best;
then into new ones. Slices are not joined: two half full ones stay two.

Where upstream takes slices or endpoints in the order of a map, this takes them by name.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/endpointslice/reconciler.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.evolve import evolve
from kcore.controllers.endpointslice.endpoints import Ports, same_beyond_identity, same_endpoint
from kcore.controllers.endpointslice.slices import labels_differ, new_endpoint_slice, slice_labels

MAX_ENDPOINTS_PER_SLICE = 100


@attrs.frozen(kw_only=True)
class Writes:
    """The slices to create, to update and to delete."""

    create: tuple[EndpointSlice, ...] = ()
    update: tuple[EndpointSlice, ...] = ()
    delete: tuple[EndpointSlice, ...] = ()


class _Kept:
    """What the first pass finds: slices unchanged, to update and to delete by name, and the endpoints left over."""

    def __init__(self, desired: Mapping[str, Endpoint]) -> None:
        self.left = dict(desired)
        self.unchanged: dict[str, EndpointSlice] = {}
        self.update: dict[str, EndpointSlice] = {}
        self.delete: list[EndpointSlice] = []

    def sort(self, one: EndpointSlice, service: Service) -> None:
        """Put a slice where it belongs, without what it should no longer hold."""
        pairs = [(held, self.take(held)) for held in one.endpoints]
        kept = tuple(wanted for _, wanted in pairs if wanted is not None)
        name = one.metadata.name
        if all(wanted is not None and same_beyond_identity(wanted, held) for held, wanted in pairs):
            if labels_differ(one, service):
                self.update[name] = _labelled(one, service)
            else:
                self.unchanged[name] = one
        elif kept:
            self.update[name] = evolve(_labelled(one, service), endpoints=kept)
        else:
            self.delete.append(one)

    def take(self, held: Endpoint) -> Endpoint | None:
        """Take what is left of the endpoint `held` as it should be; None when it should not be, or not again."""
        name = held.target_ref.name if held.target_ref else ""
        wanted = self.left.get(name)
        return self.left.pop(name) if wanted is not None and same_endpoint(wanted, held) else None

    def fill(self, one: EndpointSlice) -> EndpointSlice:
        """Return a slice filled up with what is left."""
        room = max(MAX_ENDPOINTS_PER_SLICE - len(one.endpoints), 0)
        moved = list(self.left)[:room]
        return evolve(one, endpoints=(*one.endpoints, *(self.left.pop(which) for which in moved)))


def pack(
    service: Service,
    address_type: str,
    ports: Ports,
    desired: Mapping[str, Endpoint],
    existing: Iterable[EndpointSlice],
) -> Writes:
    """Return the writes after which the slices of `service` with `ports` hold the `desired` endpoints, by pod."""
    kept = _Kept(desired)
    for one in existing:
        kept.sort(one, service)
    updated = kept.update.values() if kept.left else ()
    for one in sorted(updated, key=lambda each: (-len(each.endpoints), each.metadata.name)):
        kept.update[one.metadata.name] = kept.fill(one)
    create: list[EndpointSlice] = []
    while kept.left:
        fitting = _slice_to_fill(kept.unchanged, len(kept.left))
        if fitting is None:
            create.append(kept.fill(new_endpoint_slice(service, address_type, ports)))
        else:
            kept.update[fitting] = kept.fill(kept.unchanged.pop(fitting))
    update = tuple(kept.update[name] for name in sorted(kept.update))
    return Writes(create=tuple(create), update=update, delete=tuple(kept.delete))


def _slice_to_fill(slices: Mapping[str, EndpointSlice], count: int) -> str | None:
    """Return the name of the slice that `count` more endpoints fill up best, None when they would fill none."""
    room = {name: MAX_ENDPOINTS_PER_SLICE - len(slices[name].endpoints) - count for name in sorted(slices)}
    fitting = [name for name, rest in room.items() if 0 <= rest < MAX_ENDPOINTS_PER_SLICE]
    return min(fitting, key=room.__getitem__, default=None) if count < MAX_ENDPOINTS_PER_SLICE else None


def _labelled(one: EndpointSlice, service: Service) -> EndpointSlice:
    return evolve(one, metadata=evolve(one.metadata, labels=slice_labels(service)))
