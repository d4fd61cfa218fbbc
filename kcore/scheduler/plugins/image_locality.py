"""ImageLocality: a node that has the pod's images already is better, the larger they are.

Models the score: the size of each image that the node has, times the share of nodes that have it, from 23 MiB (0) to
1,000 MiB for each container (100). An image without a tag means `latest`. Nobody has to have an image.

Not modelled: images mounted as volumes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/imagelocality/image_locality.go
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from kcore.api.core.node import ContainerImage
from kcore.scheduler.framework import MAX_NODE_SCORE, Cluster, CountingPlugin, NodeInfo, PodInfo, Reads

NAME = "ImageLocality"

MEBIBYTE = 1024 * 1024
LEAST = 23 * MEBIBYTE
MOST_A_CONTAINER = 1000 * MEBIBYTE


class Counts(NamedTuple):
    """How many nodes there are, and how many have each image."""

    nodes: int
    holders: Mapping[object, int]


def _pre_filter(pod: PodInfo, cluster: Cluster) -> Counts | None:
    return Counts(len(cluster.names), cluster.census(_held, _names(pod.images)))


def _held(images: frozenset[str], node: NodeInfo) -> tuple[tuple[str, int], ...]:
    """Return the images of which this node is a holder."""
    if not node.node.status.images:
        return ()
    sizes = _sizes(node.node.status.images)
    return tuple((image, 1) for image in sorted(images) if image in sizes)


def _place(pod: PodInfo, _: None, node: NodeInfo) -> tuple[tuple[str, int], ...]:
    """Return the images of the pod's containers that the node has, with their sizes, one for each container."""
    if not node.node.status.images:
        return ()
    sizes = _sizes(node.node.status.images)
    return tuple((image, sizes[image]) for image in map(_normal, pod.images) if image in sizes)


def _pre_score(pod: PodInfo, counts: Counts, _: Mapping[object, int]) -> Counts:
    return counts


def _score(pod: PodInfo, counts: Counts, place: tuple[tuple[str, int], ...]) -> int:
    total = sum(int(size * (counts.holders[image] / counts.nodes)) for image, size in place)
    most = MOST_A_CONTAINER * len(pod.images)
    return MAX_NODE_SCORE * (min(max(total, LEAST), most) - LEAST) // (most - LEAST) if most > LEAST else 0


@lru_cache(maxsize=1024)
def _sizes(images: tuple[ContainerImage, ...]) -> dict[str, int]:
    return {name: image.size_bytes for image in images for name in image.names}


@lru_cache(maxsize=1024)
def _names(images: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_normal, images))


@lru_cache(maxsize=1024)
def _normal(image: str) -> str:
    """Return the name of an image with its tag."""
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"


IMAGE_LOCALITY = CountingPlugin(
    name=NAME, reads=Reads.NODE, pre_filter=_pre_filter, place=_place, pre_score=_pre_score, score=_score
)
