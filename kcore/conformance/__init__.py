"""Held against the real Kubernetes: recorded decisions, what the model says in their place, and whether they agree."""
