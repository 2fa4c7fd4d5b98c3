"""The version of the redaction rules. No I/O."""

RULESET = 13
"""Written into every segment and cassette. A change of what the rules find is a new version."""
