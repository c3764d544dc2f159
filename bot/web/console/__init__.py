"""The nurses' pages."""
