"""The fields of every kind of Kubernetes 1.36: looked up, and held against a JSON object."""

from kcore.api.fields.check import FieldProblem, check, check_metadata, decode_error
from kcore.api.fields.lookup import FieldInfo, FieldType, KindInfo, TypeInfo, kind_info, kinds, nearest, struct, type_of

__all__ = [
    "FieldInfo",
    "FieldProblem",
    "FieldType",
    "KindInfo",
    "TypeInfo",
    "check",
    "check_metadata",
    "decode_error",
    "kind_info",
    "kinds",
    "nearest",
    "struct",
    "type_of",
]
