"""What is left that could be a secret: found, ranked, decided by a person."""
