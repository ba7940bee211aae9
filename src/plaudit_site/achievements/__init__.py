"""Badges: what can be awarded, in versions that never change once awarded."""
