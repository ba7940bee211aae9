"""Demo data and the mailbox page; installed only by `plaudit-site demo`."""
