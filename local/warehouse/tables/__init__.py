"""Definitions of tables, their limits and keys, and their past: time travel, UNDROP, retention."""
