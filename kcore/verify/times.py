"""Times of stories: milliseconds in words."""

from __future__ import annotations


def human(milliseconds: int) -> str:
    """Return a duration as "0s", "0.15s", "48.5s", "5m51s", "1h0m"."""
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60}m"
