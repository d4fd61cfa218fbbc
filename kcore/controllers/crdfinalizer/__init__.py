"""The finalizer of CustomResourceDefinitions: what they brought goes before they do."""

from kcore.controllers.crdfinalizer.crd_finalizer import CRD_FINALIZER

__all__ = ["CRD_FINALIZER"]
