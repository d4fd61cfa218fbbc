"""Stories: a run told to a person: when, what happened, and what came of it; only what matters for what broke.

Models lines of text with the time since the run began. What matters are faults and acts, the changes of the pods that
are concerned, of nodes, and of workloads that are acted on, and the moments at which the property breaks and is kept
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import from_set
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.machine import Culprits, Finding, Note
from kcore.users.act import ANSWERED
from kcore.users.drain import FAILED
from kcore.verify.times import human
from kcore.verify.trials import Moment, changed
from kcore.verify.words import change_words, changes_between, event_words

MOST = 14
"""How many lines a story has at most."""

EMPTY_METADATA = ObjectMeta()

BREACH = ">>"
"""What begins the words of a line that tells where the property breaks, or holds again."""

Concerns: TypeAlias = Callable[[Change], bool]


def story(
    base: ClusterState,
    moments: Sequence[Moment],
    condition: Callable[[ClusterState], Finding] | None = None,
    concerns: Concerns | None = None,
    most: int = MOST,
) -> tuple[str, ...]:
    """Return the lines of a run; with a `condition` they say when it breaks and when it is kept again."""
    lines = list(_lines(base, moments, condition, concerns or anything))
    if len(lines) <= most:
        return tuple(lines)
    kept = [number for number, line in enumerate(lines) if BREACH in line][:most]
    kept = sorted({*kept, *range(most - len(kept))})
    shown = [lines[number] for number in kept]
    return (*shown, f"{'':>8}  ({len(lines) - len(shown)} more lines)")


def anything(_: Change) -> bool:
    """Let every change matter."""
    return True


def about(state: ClusterState, key: ObjectKey, nodes: frozenset[str]) -> Concerns:
    """Return what matters for an object: its pods, if it is a Service or workload, and the nodes that are named."""
    found = state.store.get(key)
    selector = _selector(found)

    def concerns(change: Change) -> bool:
        if change.key.kind == "Node":
            return change.key.name in nodes
        if change.key.kind != "Pod":
            return change.key == key
        pod = change.new or change.old
        if key.kind == "Node":
            return isinstance(pod, Pod) and key.name in (pod.spec.node_name, _node(change.old))
        return pod is not None and change.key.namespace == key.namespace and selector(pod)

    return concerns


def _node(pod: ApiObject | None) -> str:
    return pod.spec.node_name if isinstance(pod, Pod) else ""


def _selector(found: ApiObject | None) -> Callable[[ApiObject], bool]:
    """Return whether a pod is one of a Service or workload."""
    spec = getattr(found, "spec", None)
    template = getattr(spec, "template", None)
    labels = found.spec.selector if isinstance(found, Service) else getattr(template, "metadata", EMPTY_METADATA).labels
    selector = from_set(labels) if labels else None
    return lambda pod: selector is not None and selector.matches(pod.metadata.labels)


def _lines(
    base: ClusterState,
    moments: Sequence[Moment],
    condition: Callable[[ClusterState], Finding] | None,
    concerns: Concerns,
) -> Iterator[str]:
    last, held = base, True
    for moment in moments:
        now = moment.state
        at = f"{human(now.now - base.now):>8}  "
        said = event_words(moment.event)
        if said:
            yield at + said
        for change in changes_between(last.store, now.store):
            if concerns(change):
                yield from (at + words for words in change_words(change))
        yield from (at + words for note in moment.notes for words in _noted(note))
        if condition is not None and changed(last, now):
            finding = condition(now)
            if (finding is True) is not held:
                held = not held
                yield at + f"{BREACH} {'and holds again' if held else _why(finding)}"
        last = now


def _why(finding: Finding) -> str:
    return str(finding) if isinstance(finding, Culprits) else "the condition does not hold any more"


def _noted(note: Note) -> Iterator[str]:
    """Yield what a note tells that no change of an object does: a refusal."""
    fields = dict(note.fields)
    if note.name == FAILED:
        yield f"the drain of {fields['node']} fails: {fields['why']}"
    if note.name == ANSWERED and int(str(fields["code"])) >= 400:
        yield f"{fields['on']} is refused: {fields['code']} {fields['reason']} {fields['message']}"
