"""From records to what they mean: interactions, turns, items, lifecycle; and Codex's own rollouts. No I/O."""
