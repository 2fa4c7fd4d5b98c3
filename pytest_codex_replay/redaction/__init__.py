"""What must not be written, and what stands in its place. No I/O."""
