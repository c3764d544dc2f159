"""The nurses' pages: rendered here, refreshed by htmx, usable without it but for the live queue."""
