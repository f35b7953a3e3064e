"""Two files, or files and a table's month, compared by key."""
