"""What must outlive a run: each month's generation, and a row for every change, chained by hashes."""
