"""What games and their tools send by themselves, a score at a time: one module a hook, and none knows another. Pure."""
