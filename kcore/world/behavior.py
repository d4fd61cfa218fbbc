"""Behavior: what the containers of an image do once they are asked to start.

Models an image that can't be pulled, a process that ends by itself some time after each start, one that runs without
ever being ready, one that needs a while until it answers probes, one that hangs some time after each start, and one
that takes memory and disk, at once or some time after each start. An image that no behavior names runs for ever, is
ready at once and takes nothing.

Not modelled: behavior that changes with the node, and use that grows bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import attrs


@attrs.frozen(kw_only=True, cache_hash=True)
class Behavior:
    """What the images that match the glob `image` do.

    With a `waiting` reason ("ImagePullBackOff") they never start. With an `exit_code` they end `after` ms from each
    start. `ready` tells whether they are ready while they run. They answer probes from `startup` ms after each start,
    and with `hangs_after` until that many ms after it. From `uses_after` ms after each start they use `memory` and
    `disk`, bytes, until they end. The image itself takes `image_size` bytes, 0 where nobody says.
    """

    image: str = "*"
    waiting: str = ""
    exit_code: int | None = None
    after: int = 0
    ready: bool = True
    startup: int = 0
    hangs_after: int | None = None
    memory: int = 0
    disk: int = 0
    uses_after: int = 0
    image_size: int = 0


STEADY = Behavior()
"""What an image does that no behavior names."""


def behavior_of(behaviors: Iterable[Behavior], image: str) -> Behavior:
    """Return the first behavior whose glob matches `image`, or STEADY."""
    return next((one for one in behaviors if fnmatchcase(image, one.image)), STEADY)
