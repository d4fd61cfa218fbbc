"""The scheduler's plugins, a file each; they do not know of each other."""
