"""The checks themselves, but for the reading: what `plaudit.verify` runs, in its order and with its numbers."""
