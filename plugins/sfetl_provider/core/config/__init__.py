"""A feed's configuration: its model, how files become it, and its JSON Schema."""
