"""Danger signs: language, interpretation, judgement."""
