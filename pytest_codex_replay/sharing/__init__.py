"""From archive to cassette: redacted, canonical, scanned, packed."""
