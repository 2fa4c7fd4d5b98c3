"""Codex and the recorder as processes: found, configured, started, stopped."""
