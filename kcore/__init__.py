"""Kubernetes as one immutable value and a table of rules.

This package is a building of floors: a file imports only from floors below its own (`docs/floors.md`). Nothing is
imported here, so that `import kcore.api` costs no more than the objects.
"""

__version__ = "0.1.0.dev0"
