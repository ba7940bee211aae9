"""Open Badges: issue, bake, verify."""
