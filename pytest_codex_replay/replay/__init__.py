"""Replay of a session: which recorded interaction fits a request, and the bytes that answer it. No I/O."""
