"""What the tests of other tools' files share."""

collect_ignore = ["with_mitmproxy", "data"]
"""Tests that need mitmproxy: `test_mitm.py` runs them where it is. Tests of users, which are moved."""
