"""From configs to DAGs; nothing here connects to anything."""
