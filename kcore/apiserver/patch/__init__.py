"""Patches: what a JSON object becomes under a merge patch (`merge`) or a strategic merge patch (`strategic`)."""
