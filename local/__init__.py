"""What runs on one machine only: the embedded stack, the demo and its data, the stand-in warehouse."""
