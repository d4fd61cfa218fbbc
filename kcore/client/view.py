"""View: what a component sees during a turn, and a record of what it looked at.

Models a lister over the component's cache: an older value of the store, at no cost. Time is asked for, so that the
answer is a recorded read: two turns that read alike decide alike, and the result of one may stand for the other.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/tools/cache/listers.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import Selector
from kcore.api.times import Time
from kcore.apiserver.request import Response
from kcore.apiserver.store import Store

T = TypeVar("T")


class View:
    """A read-only view of `store` at the time `now` (ms since 1970); `answers` are those of the turn so far.

    `common` is what the component remembers whatever the key; `lags` says that the store may be older than what the
    component has written.

    Each question and its answer is appended to `reads`, as long as one is given.
    """

    __slots__ = ("_common", "_lags", "_now", "_reads", "_store", "answers")

    def __init__(
        self,
        store: Store,
        now: int,
        answers: tuple[Response, ...] = (),
        reads: list[tuple[tuple[object, ...], object]] | None = None,
        *,
        common: Any = None,
        lags: bool = False,
    ) -> None:
        """Look at `store` as it was when the cache last heard of it."""
        self._store = store
        self._now = now
        self._reads = reads
        self._common = common
        self._lags = lags
        self.answers = answers

    def get(self, key: ObjectKey) -> ApiObject | None:
        """Return the object at `key`, or None."""
        return self._read(("get", key), self._store.get(key))

    def list(self, kind: str, namespace: str | None = None) -> tuple[ApiObject, ...]:
        """Return the objects of `kind`, in one namespace or all, sorted by namespace and name."""
        return self._read(("list", kind, namespace), self._store.list(kind, namespace))

    def select(self, kind: str, namespace: str, selector: Selector) -> tuple[ApiObject, ...]:
        """Return the objects of `kind` in `namespace` whose labels match, sorted by name."""
        return self._read(("select", kind, namespace, selector), self._store.select(kind, namespace, selector))

    def owned_by(self, uid: str) -> tuple[ApiObject, ...]:
        """Return the objects that name the owner `uid`, sorted by key."""
        return self._read(("owned_by", uid), self._store.owned_by(uid))

    def on_node(self, node: str) -> tuple[ApiObject, ...]:
        """Return the pods bound to `node` ("": those bound to none), sorted by key."""
        return self._read(("on_node", node), self._store.on_node(node))

    def common(self) -> Any:
        """Return what the component remembers whatever the key, None for nothing."""
        return self._read(("common",), self._common)

    def lags(self) -> bool:
        """Tell whether the component may have written what it has not heard of yet."""
        return self._read(("lags",), self._lags)

    def elapsed(self, since: int | None, duration: int) -> bool:
        """Tell whether `duration` ms have passed since `since` (ms since 1970; None: for ever)."""
        return self._read(("elapsed", since, duration), since is None or self._now - since >= duration)

    def now(self) -> int:
        """Return the time, ms since 1970: for what is compared or slept until."""
        return self._read(("now",), self._now)

    def timestamp(self) -> Time:
        """Return the time in whole seconds: for what is written into an object."""
        return Time(self._read(("timestamp",), self._now // 1000))

    def derive(self, question: str, answer: Callable[[Store], T]) -> T:
        """Return what the pure function `answer` makes of the whole store, such as a snapshot or a sum of its objects.

        `question` names it among the reads; its answer has to be a value.
        """
        return self._read(("derive", question), answer(self._store))

    def _read(self, question: tuple[object, ...], answer: T) -> T:
        """Record the question with its answer."""
        if self._reads is not None:
            self._reads.append((question, answer))
        return answer
