"""The small language of own rules: text becomes a tree of what is allowed, or is refused."""
