"""A feed's table as it stands: rows by day, gaps, keys, and whether it is what the ledger says."""
