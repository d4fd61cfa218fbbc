"""Narration: the notes of a run as log events, on a console or as JSON lines.

Rules return notes and never log. Whoever wants to read along makes a narrator, and nobody else's logging changes:
nothing is configured on import, and no global configuration is touched.
"""

from kcore.narrate.narrator import Narrator, narrator

__all__ = ["Narrator", "narrator"]
