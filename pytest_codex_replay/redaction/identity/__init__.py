"""Whose traffic it was: people, users, hosts, and the pseudonyms in their place. No I/O."""
