"""A text as it stands, and as what it encodes; what is replaced is encoded again. No I/O."""
