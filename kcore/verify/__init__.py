"""Spec files and what is asked of a model with them: scenarios, checks, the standing questions, and traces."""
