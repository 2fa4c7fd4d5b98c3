"""What an exchange says of itself."""

from pytest_codex_replay.interop.exchange import asks_for_upgrade


def test_an_upgrade_is_known_by_its_header():
    """Its spelling does not matter."""
    assert asks_for_upgrade((("Upgrade", "WebSocket"),))
    assert not asks_for_upgrade((("upgrade", "h2c"),))
