"""Replay of a session: which recorded interaction matches a request, and the bytes that answer it. No I/O."""
