"""The scheduling framework: what a plugin is given, what it answers, and how plugins make a profile.

Models the extension points as pure functions in frozen records. A profile is data: plugins in the order in which they
filter, weights, and who sorts the queue. There are three records:

- `Plugin` looks at a pod and one node: PreFilter's list of nodes, Filter, PreScore's skip, Score, NormalizeScore. Its
  answers follow from pod and node alone and are remembered.
- `CountingPlugin` weighs a node against the others, at the same points. It says what it counts over the cluster, which
  is kept up to date as nodes change, and what it sees of one node (its *place*): nodes that look alike to it get one
  answer.
- `LifecyclePlugin` acts before and after: PreEnqueue, PostFilter, Reserve, Permit, PreBind, Bind.

Not modelled: PostBind, which only tells, and Unreserve: a plugin keeps nothing that would have to be given back.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/framework/interface.go
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs

from kcore.api.core.affinity import Affinity
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.taint import Toleration
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.api.evolve import quick
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.memo import Memo
from kcore.api.selectors.label import Selector, everything
from kcore.apiserver.request import Request as ApiRequest
from kcore.client.component import Write
from kcore.client.view import View
from kcore.placement.fit import Request, Usage
from kcore.placement.hostports import HostPort
from kcore.placement.podaffinity import NO_TERMS, PodTerms
from kcore.reconcile.program import Program
from kcore.scheduler.podvolumes import NO_VOLUMES, PodVolumes

if TYPE_CHECKING:
    from kcore.scheduler.preemption import Preemption, Situation

MAX_NODE_SCORE = 100


class Code(enum.Enum):
    """Why a plugin rejects a node."""

    UNSCHEDULABLE = "Unschedulable"
    """The node may do once other pods are gone."""

    UNSCHEDULABLE_AND_UNRESOLVABLE = "UnschedulableAndUnresolvable"
    """No pod's going would help."""


@attrs.frozen(cache_hash=True)
class Rejection:
    """A plugin's no to a node: its name, the code and the reasons as people read them.

    The name is "" where the node was left out before any filter ran.
    """

    plugin: str
    code: Code
    reasons: tuple[str, ...]


@quick
@attrs.frozen(kw_only=True, cache_hash=True)
class PodInfo:
    """All that plugins read of a pod to be placed. Pods of one template are one PodInfo, whatever their names.

    `terms` name the namespaces that they select now; `default_selector` picks the pods beside which the pod is spread
    when it says nothing of it: those of its Services and its owner.
    """

    request: Request
    namespace: str = ""
    namespace_labels: FrozenMap[str] = EMPTY
    labels: FrozenMap[str] = EMPTY
    node_name: str = ""
    tolerations: tuple[Toleration, ...] = ()
    node_selector: FrozenMap[str] = EMPTY
    affinity: Affinity | None = None
    terms: PodTerms = NO_TERMS
    ports: tuple[HostPort, ...] = ()
    images: tuple[str, ...] = ()
    spread: tuple[TopologySpreadConstraint, ...] = ()
    default_selector: Selector = everything()  # noqa: RUF009 - a value
    volumes: PodVolumes = NO_VOLUMES


@quick
@attrs.frozen(kw_only=True, cache_hash=True)
class PlacedPod:
    """All that plugins read of a pod on a node, but for what it asks for; pods of one template are one PlacedPod."""

    namespace: str
    labels: FrozenMap[str] = EMPTY
    terms: PodTerms = NO_TERMS
    ports: tuple[HostPort, ...] = ()
    claims: tuple[str, ...] = ()
    terminating: bool = False


@quick
@attrs.frozen(kw_only=True)
class Load:
    """What the pods of a node ask for together, and each kind of pod with how many there are, in no order."""

    usage: Usage = Usage()  # noqa: RUF009 - a value
    pods: tuple[tuple[PlacedPod, int], ...] = ()

    def plus(self, pod: PlacedPod, request: Request, sign: int) -> Load:
        """Return the load with one pod more, or with one less if `sign` is -1."""
        return _MORE(self, pod, request) if sign > 0 else _LESS(self, pod, request)


def _moved(sign: int, load: Load, pod: PlacedPod, request: Request) -> Load:
    known = next((count for one, count in load.pods if one is pod or one == pod), 0)
    kept = tuple(pair for pair in load.pods if pair[0] is not pod and pair[0] != pod) if known else load.pods
    pods = (*kept, (pod, known + sign)) if known + sign else kept
    return Load(usage=load.usage.plus(request, sign), pods=pods)


_MORE, _LESS = Memo(partial(_moved, 1)), Memo(partial(_moved, -1))
"""Nodes to which pods of the same templates came have one load."""


@quick
@attrs.frozen(kw_only=True, eq=False)
class NodeInfo:
    """A node, what it may give (millicores for cpu, else whole units), and its load."""

    node: Node
    allocatable: FrozenMap[int]
    load: Load


Bucket: TypeAlias = Hashable
"""What amounts are counted under."""

Contribution: TypeAlias = Callable[[Any, NodeInfo], tuple[tuple[Bucket, int], ...]]
"""(question, node) -> what one node adds to each bucket: a pure function. The question is hashable."""


class Cluster(Protocol):
    """The nodes as of one moment."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the nodes, sorted."""

    def tally(self, contribution: Contribution, question: Hashable) -> Mapping[Bucket, int]:
        """Return the sums over all nodes, without zeros, to be read before the next change: they are kept, not made."""

    def census(self, contribution: Contribution, question: Hashable) -> Mapping[Bucket, int]:
        """Return such sums of a contribution that follows from the node itself, whatever pods are on it."""


Filter: TypeAlias = Callable[[PodInfo, NodeInfo], Rejection | None]
"""Whether a pod may go to a node: None, or why not."""

Score: TypeAlias = Callable[[PodInfo, NodeInfo], int]
"""How good a node that passed all filters is for a pod."""

Normalize: TypeAlias = Callable[[Sequence[int]], Sequence[int]]
"""Scores of all nodes that are left to scores from 0 to MAX_NODE_SCORE, in their order.

What becomes of one score may depend on the set of all, not on how often each occurs: alike nodes are asked for once.
"""


@attrs.frozen(kw_only=True, eq=False)
class Happening:
    """What may help a pod that found no place: a node is new or differs, or a pod came to a node or left it."""

    node: NodeInfo | None = None
    came: PlacedPod | None = None
    gone: PlacedPod | None = None


Hint: TypeAlias = Callable[[PodInfo, Happening], bool]
"""Whether something that happened on one node may make another node do for a pod: a queueing hint."""


def always(_: PodInfo) -> bool:
    """Return True: the plugin has something to say of every pod."""
    return True


def never(_: PodInfo, __: Happening) -> bool:
    """Return False: nothing that happens on one node changes what the plugin says of another."""
    return False


class Reads(enum.Enum):
    """What of a node a plugin looks at, besides its name. The less it is, the longer its answers stand."""

    NODE = "node"
    """The node itself, not what is on it."""

    ROOM = "room"
    """What the node may give and what is asked of it together, and nothing else: not even its name."""

    EVERYTHING = "everything"

    __hash__ = object.__hash__  # a member is equal to itself alone


@attrs.frozen(kw_only=True)
class Plugin:
    """A plugin that looks at one node at a time, under upstream's name; a point that it does not extend is None.

    `filters` and `scores` are the skips of PreFilter and PreScore: whether it has anything to say of a pod. `names`
    returns the only nodes that can do (None: any), as a PreFilterResult. Scores that are not normalised are from 0 to
    MAX_NODE_SCORE. A plugin that `reads` less than everything may be asked to score a node that others refuse.
    """

    name: str
    reads: Reads = Reads.EVERYTHING
    filters: Callable[[PodInfo], bool] = always
    names: Callable[[PodInfo], frozenset[str] | None] | None = None
    filter: Filter | None = None
    scores: Callable[[PodInfo], bool] = always
    score: Score | None = None
    normalize: Normalize | None = None


@attrs.frozen(kw_only=True)
class CountingPlugin:
    """A plugin that weighs nodes against each other.

    `refuses(pod)` is a no of PreFilter to the pod, whatever the node. `concerns(pod)` is False where the plugin has
    nothing else to say of the pod, whatever the cluster. `pre_filter(pod, cluster)` returns the counts as of now, or
    None to be skipped for both filter and score. `keys(pod, counts)` says which labels of nodes it looks at now;
    `place(pod, keys, node)` what it sees of one node, remembered until either changes: one that `reads` the node itself
    is not asked again when pods come and go. `filters(pod, counts)` is the skip of PreFilter. `filter` and `score` know
    of a node only its place. `pre_score` is given the places of the nodes that passed all filters with how many are
    at each, and returns None to be skipped. `hint` tells what wakes a pod that it may have refused; that the node
    itself may do now is seen without it.
    """

    name: str
    reads: Reads = Reads.EVERYTHING
    concerns: Callable[[PodInfo], bool] = always
    refuses: Callable[[PodInfo], Rejection | None] | None = None
    pre_filter: Callable[[PodInfo, Cluster], Any]
    keys: Callable[[PodInfo, Any], Hashable] = lambda _, __: None
    place: Callable[[PodInfo, Any, NodeInfo], Hashable]
    filters: Callable[[PodInfo, Any], bool] = lambda _, __: True
    filter: Callable[[PodInfo, Any, Any], Rejection | None] | None = None
    pre_score: Callable[[PodInfo, Any, Mapping[Any, int]], Any] | None = None
    score: Callable[[PodInfo, Any, Any], int] | None = None
    normalize: Callable[[Any, Sequence[Any], Sequence[int]], Sequence[int]] | None = None
    """(state of pre_score, places, their scores) -> scores from 0 to MAX_NODE_SCORE, as `Normalize`."""

    hint: Hint = never


@attrs.frozen(kw_only=True)
class Permission:
    """What Permit says of a pod on its node: yes; no, with `rejection`; or not yet, and for at most `wait` ms."""

    rejection: Rejection | None = None
    wait: int = 0


ALLOWED = Permission()


@attrs.frozen(kw_only=True)
class LifecyclePlugin:
    """A plugin that acts before a pod is tried, where no node takes it, or once it has a node.

    `pre_enqueue(pod)` returns why the pod does not enter the queue, "" if it does. `post_filter(situation)` says who
    would have to go for a pod without a place, or why nobody; the first that finds a node wins. `reserve(pod, node)`
    looks once more at the chosen node. `permit(view, pod, node name)` lets the pod be bound, refuses it, or has it wait
    with the node promised to it; it is asked again whenever the pod is looked at, each second at least.
    `pre_bind(view, pod, node name)` is a program that prepares the binding and tells whether it could; `bind(pod, node
    name)` returns the request that binds the pod, or None to leave that to the next plugin. `writes` is what its
    programs and requests do.
    """

    name: str
    pre_enqueue: Callable[[Pod], str] | None = None
    post_filter: Callable[[Situation], Preemption] | None = None
    reserve: Callable[[PodInfo, NodeInfo], Rejection | None] | None = None
    permit: Callable[[View, Pod, str], Permission] | None = None
    pre_bind: Callable[[View, Pod, str], Program[bool]] | None = None
    bind: Callable[[Pod, str], ApiRequest | None] | None = None
    writes: frozenset[Write] = frozenset()


@attrs.frozen(kw_only=True)
class QueueSort:
    """Who of the pods that were never tried goes first: those of the highest rank."""

    name: str
    rank: Callable[[Pod], int]


def _priority(pod: Pod) -> int:
    return pod.spec.priority or 0


PRIORITY_SORT = QueueSort(name="PrioritySort", rank=_priority)

ALL_NODES = 100
"""The percentage of nodes to score at which all are."""

BIND_TIMEOUT = 600_000
"""How long (ms) a pod waits for its volumes before it is placed anew, unless told otherwise."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Profile:
    """A scheduler's name, its plugins in the order in which they filter, and the weights of those that score.

    All plugins that look at one node filter before those that count. A plugin without a weight has the weight 1. Of
    the nodes that pass all filters `percentage_of_nodes_to_score` are scored (0: as many as upstream thinks fit). A pod
    waits for its volumes for `bind_timeout` ms, and is placed anew after that.
    """

    scheduler_name: str
    plugins: tuple[Plugin, ...]
    counting: tuple[CountingPlugin, ...] = ()
    lifecycle: tuple[LifecyclePlugin, ...] = ()
    queue_sort: QueueSort = PRIORITY_SORT
    weights: FrozenMap[int] = EMPTY
    percentage_of_nodes_to_score: int = ALL_NODES
    bind_timeout: int = BIND_TIMEOUT


def default_normalize(scores: Sequence[int]) -> Sequence[int]:
    """Return the scores in hundredths of the highest, rounded down: 1, 2, 3 become 33, 66, 100."""
    highest = max(scores, default=0)
    return [MAX_NODE_SCORE * one // highest for one in scores] if highest else scores


def reversed_normalize(scores: Sequence[int]) -> Sequence[int]:
    """Return what is left to 100 of the scores in hundredths of the highest: 0, 1, 2 become 100, 50, 0."""
    highest = max(scores, default=0)
    if not highest:
        return [MAX_NODE_SCORE] * len(scores)
    return [MAX_NODE_SCORE - MAX_NODE_SCORE * one // highest for one in scores]
