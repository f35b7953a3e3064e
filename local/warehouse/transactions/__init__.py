"""Transactions, table locks, and writes that are done again."""
