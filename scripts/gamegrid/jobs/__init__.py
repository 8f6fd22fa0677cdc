"""What rules call."""
