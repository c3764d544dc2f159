"""Doors, channels and the desk: Yunban answers when it is spoken to."""
