"""What failed runs left behind: finding it, deciding what is due, removing it."""
