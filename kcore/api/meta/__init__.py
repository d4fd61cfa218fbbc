"""The parts that all kinds share: metadata, selectors, conditions."""
