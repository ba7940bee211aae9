"""Outgoing mail as rows: queue() in the caller's transaction, deliver_some() by a worker."""
