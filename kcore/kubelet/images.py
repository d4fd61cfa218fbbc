"""Images: when the pull of an image that failed is tried again.

Models the back-off of pulls: 10 s after the first failure, then 20 s and so on up to 300 s, each since the failure; the
status says ErrImagePull when a pull has failed and ImagePullBackOff when the kubelet has looked again, a second later.

Not modelled: an image that is never pulled and comes to the machine by itself, and jitter.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/images/image_manager.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.node import Node
from kcore.api.evolve import evolve
from kcore.client.view import View
from kcore.kubelet.restart import INITIAL, MAXIMUM
from kcore.world.actions import StartContainer
from kcore.world.configuration import CONFIG_ERROR, PULL_ERROR
from kcore.world.container import Container, ContainerState

BACK_OFF = "ImagePullBackOff"

RELIST = 1000
"""How long (ms) until the kubelet looks again at a pod whose containers have changed."""


@attrs.frozen(kw_only=True)
class Again:
    """The next start of a container that could not be started: `now`, or at the time `at` (ms since 1970).

    `delay` is the back-off (ms) of its image to remember, 0 for none. With `told` the status says that it is put off;
    before, `at` is when it will. With neither nothing is to be done by the clock.
    """

    now: bool
    delay: int = 0
    at: int = 0
    told: bool = False


def start_again(container: Container, delay: int | None, view: View) -> Again:
    """Return when a container that never came to run is started again.

    `delay` is the last back-off of its image in ms, None for none. One that wants configuration starts now, as far as
    its configuration is there.
    """
    if container.state is not ContainerState.WAITING or container.failure is None:
        return Again(now=False, delay=0 if container.has_process else delay or 0)
    if container.failure.reason != PULL_ERROR:
        return Again(now=container.failure.reason == CONFIG_ERROR)
    delay = INITIAL if delay is None else delay
    if view.elapsed(container.since, delay):
        return Again(now=True, delay=min(2 * delay, MAXIMUM))
    told = view.elapsed(container.since, RELIST)
    return Again(now=False, delay=delay, at=container.since + (delay if told else RELIST), told=told)


def back_off_message(container: Container) -> str:
    """Return what the status of a container says whose pull is put off."""
    return f'Back-off pulling image "{container.image}": {PULL_ERROR}: {container.message}'


def with_present(starts: tuple[StartContainer, ...], node: Node | None) -> tuple[StartContainer, ...]:
    """Return the starts, with the images marked that the status of the node says are there."""
    if node is None or not node.status.images:
        return starts
    names = {name for one in node.status.images for name in one.names}
    return tuple(evolve(one, present=True) if one.image in names else one for one in starts)
