"""Sessions in and out as other tools have them: one module a format."""
