"""Local WeChat and SMS platforms for demo and tests."""
