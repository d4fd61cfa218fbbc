"""Small models with known state counts, for the tests of the machine."""
