"""Checks on the load table: nothing that fails here is ever visible in the target."""
