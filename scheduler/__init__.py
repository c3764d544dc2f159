"""Time as a caller: Yunban speaks first."""
