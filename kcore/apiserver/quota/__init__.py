"""Quota: what an object uses of a namespace's quotas, by kind, and whether that is still there."""
