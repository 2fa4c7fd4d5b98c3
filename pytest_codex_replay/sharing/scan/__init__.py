"""What a scan finds in sessions and files; nothing is changed."""
