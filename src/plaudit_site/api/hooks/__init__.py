"""Webhooks: an issuer's own programs are told what happens (docs/webhooks.md)."""
