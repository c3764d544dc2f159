"""REST for hospital systems."""
