"""Ways out: one module a platform."""
