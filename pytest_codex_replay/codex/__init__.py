"""What Codex says and does by itself: endpoints, identity, what it writes into requests. No I/O."""
