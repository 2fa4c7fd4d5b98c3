"""What the tests of other tools' files share."""

collect_ignore = ["with_mitmproxy"]
"""They need mitmproxy: `test_mitm.py` runs them where it is."""
