"""Custom resources: kinds that CustomResourceDefinitions bring, with the rules of their schemas."""
