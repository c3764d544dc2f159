"""Nouns and their tables."""
