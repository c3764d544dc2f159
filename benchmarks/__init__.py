"""Figures of Yunban, each as a ratio against a limit that is measured in the same run."""
