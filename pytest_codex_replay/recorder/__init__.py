"""Signals in, records out: what a recorder run does between a proxy and the archive. Knows no proxy."""
