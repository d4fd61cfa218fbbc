"""Invariants: what holds in every state of a cluster, and what people ask of theirs."""

from kcore.invariants.invariant import ALL_TIMINGS, Form, Invariant, law, question

__all__ = ["ALL_TIMINGS", "Form", "Invariant", "law", "question"]
