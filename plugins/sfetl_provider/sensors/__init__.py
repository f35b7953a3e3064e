"""What a load waits for."""
