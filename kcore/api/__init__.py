"""The API objects of Kubernetes as frozen, typed values, and what is computed from one object alone.

Names and file boundaries are upstream's: `kcore.api.core.pod`, `kcore.api.apps.deployment`. `kcore.api.kinds.KINDS` is
the table of all kinds; `kcore.api.convert` goes between typed objects and JSON.
"""
