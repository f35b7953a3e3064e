"""Sessions with their parameters, queries with their history and results, and when they end."""
