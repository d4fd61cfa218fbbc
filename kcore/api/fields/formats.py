"""What Go's decoders say of malformed base64 and times.

Models encoding/base64's StdEncoding (strict alphabet and padding, line ends passed over, offsets in bytes) and
time.Parse with the layouts of metav1.Time and metav1.MicroTime. Only the verdict is given: `kcore.api.times` reads the
value. Does not model years beyond 9999 nor leap seconds, which neither knows.

Upstream: https://pkg.go.dev/encoding/base64 and https://pkg.go.dev/time#Parse
"""

from __future__ import annotations

import re
import string

from kcore.api import times

_ALPHABET = frozenset((string.ascii_letters + string.digits + "+/").encode())
_LINE_ENDS = frozenset(b"\r\n")
_PADDING = ord("=")

_SECONDS = (
    ("2006", r"\d{4}", ""),
    ("-", "-", ""),
    ("01", r"\d\d", "month"),
    ("-", "-", ""),
    ("02", r"\d\d", ""),
    ("T", "T", ""),
    ("15", r"\d\d?", "hour"),
    (":", ":", ""),
    ("04", r"\d\d", "minute"),
    (":", ":", ""),
)
_ZONE = ("Z07:00", r"Z|[+-]\d\d:\d\d", "")
_TIME = (*_SECONDS, ("05", r"\d\d(?:[.,]\d+)?", "second"), _ZONE)
_MICRO_TIME = (*_SECONDS, ("05", r"\d\d", "second"), (".000000", r"[.,]\d{6}", ""), _ZONE)
_RANGES = {"month": range(1, 13), "hour": range(24), "minute": range(60), "second": range(60)}


def base64_error(text: str) -> int | None:
    """Return the byte offset at which Go finds `text` not to be base64, or None."""
    data = text.encode(errors="surrogatepass")
    positions = [index for index, byte in enumerate(data) if byte not in _LINE_ENDS]
    for count, position in enumerate(positions):
        if data[position] == _PADDING:
            return _padding_error(data, positions[count:], count % 4)
        if data[position] not in _ALPHABET:
            return position
    left_over = len(positions) % 4
    return len(data) - left_over if left_over else None


def _padding_error(data: bytes, positions: list[int], filled: int) -> int | None:
    """Return the offset of what is wrong with padding that starts at `positions[0]`, after `filled` characters of 4."""
    if filled < 2:
        return positions[0]
    if filled == 2 and len(positions) == 1:
        return len(data)
    if filled == 2 and data[positions[1]] != _PADDING:
        return positions[1] - 1
    after = positions[4 - filled :]
    return after[0] if after else None


def time_error(text: str, *, micro: bool = False) -> str | None:
    """Return Go's message when `text` is not a time in the layout of Time, or of MicroTime; else None."""
    elements = _MICRO_TIME if micro else _TIME
    layout = "".join(name for name, _, _ in elements)
    at = 0
    for name, pattern, word in elements:
        match = re.compile(pattern, re.ASCII).match(text, at)
        if not match:
            return f'parsing time "{text}" as "{layout}": cannot parse "{text[at:]}" as "{name}"'
        if word and int(match[0][:2]) not in _RANGES[word]:
            return f'parsing time "{text}": {word} out of range'
        at = match.end()
    if at < len(text):
        return f'parsing time "{text}": extra text: "{text[at:]}"'
    return None if _is_day(text[:10]) else f'parsing time "{text}": day out of range'


def _is_day(date: str) -> bool:
    try:
        times.parse_time(f"{date}T00:00:00Z")
    except ValueError:
        return False
    return True
