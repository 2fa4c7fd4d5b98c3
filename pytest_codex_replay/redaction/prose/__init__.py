"""Secrets that people tell in sentences and dialogues. No I/O."""
