"""Heeding: which changes a watch is asked about at all, declared beside it.

Models the first lines of most event handlers: a status that was written is no news for whoever reads owners, and a pod
that a Job controls none for ReplicaSets. What is new about a change is worked out once, whoever watches, and who heeds
news of that sort is looked up; the others are not called.

Not modelled: what differs inside a spec or a status, beyond what is listed here. That is the watch's own question.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

import attrs

from kcore.api.core.pod import Pod
from kcore.api.core.podstatus import PodStatus
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import Watch, Work

_ENDED = ("Succeeded", "Failed")


class News(enum.Flag):
    """What may be new about an object. From `NODE` on it is said of pods alone, and no other object has such news."""

    CAME = enum.auto()
    """The object was not there, or was not known of."""

    WENT = enum.auto()
    """The object is gone."""

    LABELS = enum.auto()
    OWNERS = enum.auto()

    DELETION = enum.auto()
    """The deletion timestamp or the finalizers differ."""

    SPEC = enum.auto()

    NODE = enum.auto()
    """The pod has come to a node, or came with one."""

    ENDED = enum.auto()
    """The phase has become one of those in which a pod has ended, or no longer is one."""

    READY = enum.auto()
    """The pod is ready and was not, or is no longer, or since another time."""

    ADDRESS = enum.auto()
    """The addresses in the status, or the hostname or subdomain, differ."""

    RESOURCES = enum.auto()
    """A status that says what resources were set has changed."""

    UNBOUND = enum.auto()
    """Anything at all about a pod that is or was on no node."""

    BOUND = enum.auto()
    """Anything at all about a pod that is or was on a node."""

    LEAVING = enum.auto()
    """Anything at all about a pod that is or was being deleted."""

    VOLUMES = enum.auto()
    """Anything at all about a pod with volumes."""


NOTHING = News(0)

_CAME, _WENT, _LABELS, _OWNERS = News.CAME.value, News.WENT.value, News.LABELS.value, News.OWNERS.value
_DELETION, _SPEC, _NODE, _NOW_ENDED = News.DELETION.value, News.SPEC.value, News.NODE.value, News.ENDED.value
_READY, _ADDRESS, _RESOURCES = News.READY.value, News.ADDRESS.value, News.RESOURCES.value
_UNBOUND, _BOUND, _LEAVING, _VOLUMES = News.UNBOUND.value, News.BOUND.value, News.LEAVING.value, News.VOLUMES.value
_ALL = (~NOTHING).value


class Gist(NamedTuple):
    """What is new about a change: the values of `News`, and the kind that controls the object.

    The kind is "" where nothing does, and where the change may be news for controllers of other kinds too: the object
    is gone or being deleted, or its owners have changed.
    """

    owner: str
    news: int


@attrs.frozen
class Heeding:
    """A Watch that is asked `watch` about changes with one of the `news` alone.

    With an `owner` it leaves out the objects that something of another kind controls, as it did before.
    """

    watch: Watch
    news: News = ~NOTHING
    owner: str = ""

    def __call__(self, change: Change, store: Store) -> Iterable[Work]:
        """Return the work that `watch` makes of `change`, none if that is not heeded."""
        return self.watch(change, store) if self.heeds(gist_of(change)) else ()

    def heeds(self, gist: Gist) -> bool:
        """Tell whether `watch` is asked about a change of this gist."""
        return bool(gist.news & self.news.value) and (not self.owner or gist.owner in ("", self.owner))


def gist_of(change: Change) -> Gist:
    """Return what is new about `change`."""
    old, new = change.old, change.new
    if new is None:
        return Gist("", _WENT | (_standing(old) if isinstance(old, Pod) else 0))
    if old is None:
        return Gist(_owner(new), _CAME | (_news_of_new_pod(new) if isinstance(new, Pod) else 0))
    news = _news_of_metadata(old, new)
    if news == _ALL:
        return Gist("", news)
    if isinstance(new, Pod) and isinstance(old, Pod):
        news |= _news_of_pod(old, new)
    elif getattr(old, "spec", None) != getattr(new, "spec", None):
        news |= _SPEC
    return Gist("" if news & _OWNERS else _owner(new), news)


def _owner(obj: ApiObject) -> str:
    controller = None if obj.metadata.deletion_timestamp is not None else obj.metadata.controller
    return "" if controller is None else controller.kind


def _news_of_metadata(old: ApiObject, new: ApiObject) -> int:
    before, after, news = old.metadata, new.metadata, 0
    if before.uid != after.uid:
        return _ALL
    if before.labels is not after.labels and before.labels != after.labels:
        news = _LABELS
    if before.owner_references is not after.owner_references and before.owner_references != after.owner_references:
        news |= _OWNERS
    if before.deletion_timestamp != after.deletion_timestamp or before.finalizers != after.finalizers:
        news |= _DELETION
    return news


def _news_of_new_pod(pod: Pod) -> int:
    """Return what is new about a pod that came: that it is on a node, is being deleted or has ended, if so."""
    news = _standing(pod) | (_NODE if pod.spec.node_name else 0)
    news |= _NOW_ENDED if pod.status.phase in _ENDED else 0
    return news | (_DELETION if pod.metadata.deletion_timestamp is not None else 0)


def _news_of_pod(old: Pod, new: Pod) -> int:
    news = _standing(new) | (0 if old.metadata.deletion_timestamp is None else _LEAVING)
    was, now = old.spec, new.spec
    if was is not now:
        news |= _standing(old)
        if was.node_name != now.node_name:
            news |= _NODE | _SPEC
        elif was != now:
            news |= _SPEC
        if was.hostname != now.hostname or was.subdomain != now.subdomain:
            news |= _ADDRESS
    return news if old.status is new.status else news | _news_of_status(old.status, new.status)


def _news_of_status(old: PodStatus, new: PodStatus) -> int:
    news = _RESOURCES if _is_resized(old) or _is_resized(new) else 0
    if (old.phase in _ENDED) != (new.phase in _ENDED):
        news |= _NOW_ENDED
    if old.pod_ips is not new.pod_ips and old.pod_ips != new.pod_ips:
        news |= _ADDRESS
    if old.conditions is not new.conditions and _ready(old.conditions) != _ready(new.conditions):
        news |= _READY
    return news


def _standing(pod: Pod) -> int:
    """Return what holds of each change of `pod` as it stands."""
    spec = pod.spec
    news = (_BOUND if spec.node_name else _UNBOUND) | (_VOLUMES if spec.volumes else 0)
    return news if pod.metadata.deletion_timestamp is None else news | _LEAVING


def _ready(conditions: Iterable[Condition]) -> tuple[int | None] | None:
    """Return since when the pod is ready, None when it is not."""
    for one in conditions:
        if one.type == "Ready":
            return (one.last_transition_time,) if one.status == "True" else None
    return None


def _is_resized(status: PodStatus) -> bool:
    """Tell whether a status says what resources were set."""
    if status.resources is not None:
        return True
    for one in (*status.container_statuses, *status.init_container_statuses):  # noqa: SIM110 - a generator costs more
        if one.resources is not None:
            return True
    return False
