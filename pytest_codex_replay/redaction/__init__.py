"""Secrets and identity: found, and replaced by placeholders and pseudonyms. No I/O."""
