"""One operator per step of a month: read the context, call core with adapters, return a small record."""
