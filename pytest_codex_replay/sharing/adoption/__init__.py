"""A cassette that learns what a newer client asks."""
