"""Units of size in the config."""

MIB = 1024 * 1024
"""Bytes of a MiB."""
