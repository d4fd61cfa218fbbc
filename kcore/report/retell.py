"""A trace in other forms: the commands that people can type, and a test that can be run.

Models `kubectl` lines with comments for what nobody can type, and a pytest function that carries its trace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kcore.api.json import canonical
from kcore.cluster.events import TimePassed
from kcore.verify.times import human
from kcore.verify.tracefile import TraceFile, trace_lines
from kcore.verify.words import event_words, kubectl


def as_kubectl(file: TraceFile) -> str:
    """Return the trace as commands; what nobody can do is a comment, time that passes between them a sleep."""
    lines = [f"# {file.violated}", "kubectl apply -f - <<'EOF'"]
    for one in file.origin.objects:
        lines += ["---", canonical(one.value)]
    lines += ["EOF"]
    waited = began = file.origin.plan.now
    for event in file.trace.events:
        if isinstance(event, TimePassed):
            began = max(began, event.until)
            continue
        command, words = kubectl(event), event_words(event)
        if command or words:
            if began - waited >= 1000:
                lines.append(f"sleep {(began - waited) // 1000}  # {human(began - waited)}")
            waited = began
            lines.append(command or f"# {words}")
    return "\n".join(lines)


def as_pytest(file: TraceFile) -> str:
    """Return a test module that replays the trace and fails as long as the property is violated."""
    name = re.sub(r"\W+", "_", file.asked.name if file.asked else "trace").strip("_").lower()
    lines = ",\n".join(f"    {line!r}" for line in trace_lines(file))
    return f'''"""Replays a trace that kcore found."""

from kcore.verify.replay import replay_trace
from kcore.verify.tracefile import parse_trace

TRACE = [
{lines},
]


def test_{name}():
    """{file.violated.replace('"', "'")}."""
    assert replay_trace(parse_trace(TRACE)).culprits is None
'''


FORMS: Mapping[str, Callable[[TraceFile], str]] = {"kubectl": as_kubectl, "pytest": as_pytest}
"""The forms by name."""
