"""Behavior: what the containers of an image do once they are asked to start.

Models an image that can't be pulled, a process that ends by itself some time after each start, one that runs without
ever being ready, one that needs a while until it answers probes, and one that hangs some time after each start. An
image that no behavior names runs for ever and is ready at once.

Not modelled: behavior that changes with time, load or the node.
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
    and with `hangs_after` until that many ms after it.
    """

    image: str = "*"
    waiting: str = ""
    exit_code: int | None = None
    after: int = 0
    ready: bool = True
    startup: int = 0
    hangs_after: int | None = None


STEADY = Behavior()
"""What an image does that no behavior names."""


def behavior_of(behaviors: Iterable[Behavior], image: str) -> Behavior:
    """Return the first behavior whose glob matches `image`, or STEADY."""
    return next((one for one in behaviors if fnmatchcase(image, one.image)), STEADY)
