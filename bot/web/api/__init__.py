"""REST for other systems: JSON in snake_case, bearer tokens, cursors, problem details."""
