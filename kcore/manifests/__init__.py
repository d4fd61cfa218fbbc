"""Manifests: what people write and clusters print, read into API objects and written back."""

from kcore.manifests.documents import Document, Source
from kcore.manifests.finding import Finding
from kcore.manifests.lines import Lines
from kcore.manifests.load import Loaded, load, load_objects, load_text
from kcore.manifests.write import to_json, to_yaml

__all__ = [
    "Document",
    "Finding",
    "Lines",
    "Loaded",
    "Source",
    "load",
    "load_objects",
    "load_text",
    "to_json",
    "to_yaml",
]
