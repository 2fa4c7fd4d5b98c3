"""The page: a session to look at, served live or as one file."""
