"""What we say and when it is serious: pure."""
