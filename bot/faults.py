"""Naming an error in a log: by its kind and place, never by its text, which may hold what a woman said."""

import traceback
from pathlib import Path


def place_of(error: BaseException) -> str:
    """`KeyError at planning.py:41`, the innermost line of ours."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return type(error).__name__ + where
