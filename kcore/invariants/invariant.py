"""Invariant: one sentence about all runs of a cluster, as a record with its property and its witness.

A law holds in every reachable state of a faithful model. A question may be answered either way: a Service may lose its
last endpoint, if enough fails. The witness is a `sometimes`: in a run that never meets it, the sentence says nothing.

A law holds under the timings that it names. Where faithful behaviour breaks a sentence as soon as caches lag, the law
is one of the tamer timings only, and `assumes` says why.
"""

from __future__ import annotations

import enum
import re
from typing import TypeAlias

import attrs

from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.errors import MisuseError
from kcore.machine import Kind, Predicate, Property, always, sometimes

Ask: TypeAlias = Predicate[ClusterState]
"""A predicate over cluster states."""

ALL_TIMINGS = frozenset(Timing)
PROMPT = frozenset({Timing.PROMPT})
NO_LOSS = ALL_TIMINGS - {Timing.LOSSY}
"""The timings in which no request or answer is lost."""

_SLUG = re.compile(r"[a-z]+(-[a-z]+)*")


class Form(enum.Enum):
    """Whether a sentence is true of Kubernetes or asked of a cluster."""

    LAW = "law"
    QUESTION = "question"


@attrs.frozen(kw_only=True)
class Invariant:
    """One invariant; `name` is words joined by dashes and the name of its `property` too.

    `sentence` says it, `assumes` what it takes for granted. `witness` is a `sometimes` property that is met where the
    sentence says something. `timings` are those in which it is a law, none for a question.
    """

    name: str
    sentence: str
    form: Form
    property: Property[ClusterState]
    witness: Property[ClusterState]
    assumes: tuple[str, ...] = ()
    timings: frozenset[Timing] = frozenset()
    upstream: str

    def __attrs_post_init__(self) -> None:
        """Refuse at once, by its name, what can't be meant."""
        if not _SLUG.fullmatch(self.name):
            raise MisuseError(f"invariant {self.name!r}: a name is words of a to z joined by dashes")
        if self.property.name != self.name:
            raise MisuseError(f"invariant {self.name}: its property is named {self.property.name!r}")
        if self.witness.kind is not Kind.SOMETIMES:
            raise MisuseError(f"invariant {self.name}: a witness is a `sometimes`, not {self.witness.kind.value!r}")
        if (self.form is Form.LAW) != bool(self.timings):
            raise MisuseError(f"invariant {self.name}: a law names the timings in which it holds, a question none")


def law(
    name: str,
    sentence: str,
    predicate: Ask,
    witness: Ask,
    *,
    upstream: str,
    assumes: tuple[str, ...] = (),
    timings: frozenset[Timing] = ALL_TIMINGS,
) -> Invariant:
    """Return the law that `predicate` holds in every state under `timings`; `witness` holds in some."""
    return Invariant(
        name=name,
        sentence=sentence,
        form=Form.LAW,
        property=always(name, predicate),
        witness=_witness(name, witness),
        assumes=assumes,
        timings=timings,
        upstream=upstream,
    )


def question(
    name: str,
    sentence: str,
    asked: Property[ClusterState] | Ask,
    witness: Ask,
    *,
    upstream: str,
    assumes: tuple[str, ...] = (),
) -> Invariant:
    """Return the question whether `asked`, a property of this name or what is to hold in every state, holds."""
    return Invariant(
        name=name,
        sentence=sentence,
        form=Form.QUESTION,
        property=asked if isinstance(asked, Property) else always(name, asked),
        witness=_witness(name, witness),
        assumes=assumes,
        upstream=upstream,
    )


def _witness(name: str, witness: Ask) -> Property[ClusterState]:
    return sometimes(f"{name} is put to the test", witness)
