"""Session directories: records, segments, the manifest; how they are written, read, recovered and found."""
