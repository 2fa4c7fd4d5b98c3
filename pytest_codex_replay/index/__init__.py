"""What is in an archive, as an SQLite file beside it: derived from the traffic, and never the truth."""
