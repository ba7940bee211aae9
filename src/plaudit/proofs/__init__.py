"""Proofs: how a document is signed and how a signature is checked."""
