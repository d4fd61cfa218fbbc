"""The apps/v1 kinds."""
