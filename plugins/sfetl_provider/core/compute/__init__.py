"""The virtual warehouse that a load runs on: its state, advice, its size for a load, what it cost."""
