"""The controllers of the controller manager, one package each; they do not know of each other."""
