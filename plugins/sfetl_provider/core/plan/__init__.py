"""What one run will do: its month, its files, and every name derived from them."""
