"""Violation: a run that breaks a law, or leaves a question unanswered, as an exception that carries the run.

Models the end of a test: the property, who is to blame and the trace, which replays from itself alone. Each property
has an exception class of its own, so that Hypothesis tells two properties apart and shrinks each for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kcore.cluster.state import ClusterState
from kcore.machine import Culprits, Property, Trace
from kcore.model.model import Event


class ViolationError(AssertionError):
    """`property_name` does not hold because of `culprits`, at the end of `trace`."""

    def __init__(self, property_name: str, culprits: Culprits, trace: Trace[Event]) -> None:
        """Keep the parts; the text is one line."""
        self.property_name = property_name
        self.culprits = culprits
        self.trace = trace
        super().__init__(f"{property_name}: {culprits}")


def error_classes(properties: Iterable[Property[ClusterState]]) -> dict[str, type[ViolationError]]:
    """Return the exception class of each property, by the property's name."""
    return {one.name: _error_class(one.name) for one in properties}


def identifier(name: str) -> str:
    """Return the Python name that a property or rule goes by: "replicas-within-surge" is `replicas_within_surge`."""
    return re.sub(r"\W+", "_", name).strip("_").lower() or "property"


def _error_class(name: str) -> type[ViolationError]:
    words = identifier(name).split("_")
    doc = f"The property {name!r} does not hold."
    return type("".join(word.capitalize() for word in words) + "Violated", (ViolationError,), {"__doc__": doc})
