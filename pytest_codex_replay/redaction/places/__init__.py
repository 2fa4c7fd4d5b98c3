"""Secrets told by their place: a name, a command, a table, a file. No I/O."""
