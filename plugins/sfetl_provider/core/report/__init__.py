"""One record of a run, whatever became of it, as JSON for machines and as text for the task log."""
