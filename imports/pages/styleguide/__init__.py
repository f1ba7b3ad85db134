"""Every component with made-up contents, for development."""
