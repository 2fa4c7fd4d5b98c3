"""Sessions in object storage, or wherever else fsspec leads: read through copies here, pushed and pulled."""
