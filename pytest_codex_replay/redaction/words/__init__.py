"""What words of a value tell: frequent, technical, a person's own, joined to a password. No I/O."""
