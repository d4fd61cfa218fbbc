"""Expectations: what a controller has done and not heard of yet, so that a late cache does not make it do it twice.

Models two guards of upstream. A controller waits until its cache has come as far as its own last write of what it owns
or of its status; and after deletions it counts no replicas until each deleted object is gone, or marked to go, in its
cache. The second wait ends after five minutes. A creation that was refused because its namespace ends is waited for in
vain, so that nobody tries again all the time.

A creation is expected by the revision of its write, which says more than upstream's count of events: a cache that has
come that far has heard of every one. Deletions are expected by uid.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/util/consistency/consistency.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import attrs

from kcore.api.evolve import evolve
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Response
from kcore.client.instant import Instant, Revision
from kcore.client.view import View

TIMEOUT = 5 * 60_000
"""After so many ms an expectation counts as met."""

NO_REVISION = Revision(0)
AT_NO_TIME = Instant(0, matters=TIMEOUT + 1)


def awaiting(now: int) -> Instant:
    """Return the time `now` (ms since 1970) as one since when something is awaited."""
    return Instant(now, matters=TIMEOUT + 1)


class Doomed(NamedTuple):
    """An object that was deleted: its key, and its uid, as another may have its name by now."""

    key: ObjectKey
    uid: str


@attrs.frozen(kw_only=True)
class Expectations:
    """What is awaited: the revision `written`, the end of `doomed`, and `vain` creations that never come.

    `since` is when the deletions and vain creations began to be awaited, ms since 1970.
    """

    written: Revision = NO_REVISION
    doomed: tuple[Doomed, ...] = ()
    vain: int = 0
    since: Instant = AT_NO_TIME

    def wrote(self, answers: Iterable[Response]) -> Expectations:
        """Return the expectations after writes that were answered so: the cache is to come as far as the granted."""
        revisions = (int(one.object.metadata.resource_version or 0) for one in answers if one.ok and one.object)
        return evolve(self, written=Revision(max(self.written, *revisions, 0)))


NONE = Expectations()


def caught_up(view: View, expectations: Expectations) -> bool:
    """Tell whether the cache has come as far as the last awaited write: until then nothing it says can be judged."""
    written = expectations.written
    return written == 0 or view.derive(f"revision {written} seen", lambda store: store.revision >= written)


def satisfied(view: View, expectations: Expectations) -> bool:
    """Tell whether the owned objects may be counted: every deletion has been seen, or too much time has passed."""
    if not expectations.vain and not any(_lives(view, one) for one in expectations.doomed):
        return True
    return view.elapsed(expectations.since, TIMEOUT + 1)


def _lives(view: View, doomed: Doomed) -> bool:
    """Tell whether a deleted object still looks alive."""
    found = view.get(doomed.key)
    return found is not None and found.metadata.uid == doomed.uid and found.metadata.deletion_timestamp is None
