"""Quality control: what a file holds, and whether its month may be loaded."""
