"""From chunks on the stage to rows of the run's load table: each chunk once, every row counted."""
