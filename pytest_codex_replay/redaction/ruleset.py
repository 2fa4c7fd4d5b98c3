"""The version of the redaction rules. No I/O."""

RULESET = 14
"""Written into every segment and cassette. A change of what the rules find is a new version."""
