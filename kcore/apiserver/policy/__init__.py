"""Validating admission policies: rules of one's own about what may be written, as objects."""
