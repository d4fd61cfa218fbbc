"""Trace files: a run as JSON lines, replayable from itself alone.

The first line holds what the run begins with (nodes, configuration, behaviors, timing, budgets and the manifests), the
property that it breaks, in words and as it was asked, and where the loop of a lasso begins. Each further line is one
event. Nothing else is needed to run it again but the components of the model, which are the built-in ones.

Not modelled: traces of components of one's own; who has them replays with `kcore.machine.replay`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from kcore.api.json import Wire
from kcore.errors import InputError, Place
from kcore.machine import Trace
from kcore.model.model import Event
from kcore.verify.asked import Asked
from kcore.verify.codec import decode, decode_event, encode, encode_event
from kcore.verify.origin import Origin, origin_of

API_VERSION = "kcore/v1"
KIND = "Trace"


@attrs.frozen(kw_only=True)
class TraceFile:
    """A trace with what it breaks: `asked`, None where that can't be written down, and `violated` in words."""

    trace: Trace[Event]
    asked: Asked | None = None
    violated: str = ""

    @property
    def origin(self) -> Origin:
        """What the run begins with."""
        return origin_of(self.trace.start)


def trace_lines(file: TraceFile) -> Iterator[str]:
    """Yield the lines of a trace file, without line ends."""
    header: Wire = {"apiVersion": API_VERSION, "kind": KIND, "violated": file.violated}
    if file.asked is not None:
        header["asked"] = encode(file.asked)
    if file.trace.loop is not None:
        header["loop"] = file.trace.loop
    yield json.dumps({**header, "origin": encode(file.origin)}, ensure_ascii=False)
    for event in file.trace.events:
        yield json.dumps(encode_event(event), ensure_ascii=False)


def parse_trace(lines: Iterable[str], name: str = "") -> TraceFile:
    """Return the trace that lines describe; InputError, with the line, where they do not. `name` is the file's."""
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not numbered:
        raise InputError("the trace is empty", place=Place(file=name), expected="JSON lines")
    header = _object(*numbered[0], name)
    if (header.get("apiVersion"), header.get("kind")) != (API_VERSION, KIND):
        raise InputError("this is no trace", place=Place(file=name, line=1), expected=f"kind {KIND} of {API_VERSION}")
    try:
        origin: Origin = decode(Origin, header.get("origin", {}))
        asked: Asked | None = decode(Asked, header["asked"]) if "asked" in header else None
    except InputError as error:
        raise error.at(file=name, line=1) from None
    events = tuple(_event(number, line, name) for number, line in numbered[1:])
    trace = Trace(start=origin.start, events=events, loop=header.get("loop"))
    return TraceFile(trace=trace, asked=asked, violated=str(header.get("violated", "")))


def write_trace(path: Path, file: TraceFile) -> None:
    """Write a trace to `path`."""
    path.write_text("".join(f"{line}\n" for line in trace_lines(file)), encoding="utf-8")


def read_trace(path: Path) -> TraceFile:
    """Return the trace in a file; InputError when it can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(error), place=Place(file=str(path)), expected="a trace as JSON lines") from None
    return parse_trace(text.splitlines(), str(path))


def _event(number: int, line: str, name: str) -> Event:
    try:
        return decode_event(_object(number, line, name))
    except (InputError, ValueError) as error:
        known = error if isinstance(error, InputError) else InputError(str(error))
        raise known.at(file=name, line=number) from None


def _object(number: int, line: str, name: str) -> Wire:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise InputError(str(error), place=Place(file=name, line=number), expected="a JSON object") from None
    if not isinstance(value, dict):
        raise InputError(f"{line.strip()[:40]!r}", place=Place(file=name, line=number), expected="a JSON object")
    return value
