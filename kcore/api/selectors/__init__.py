"""Selectors: which labels (`kcore.api.selectors.label`) or fields (`kcore.api.selectors.field`) an object must have."""
