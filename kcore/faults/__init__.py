"""What breaks: one file a fault, each an ordinary rule with a budget. The table of all is `kcore.model.faults`."""
