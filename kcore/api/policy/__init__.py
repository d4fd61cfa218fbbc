"""The policy/v1 kinds."""
