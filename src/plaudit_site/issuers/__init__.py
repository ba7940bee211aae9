"""Organisations that award, their people, keys and pages."""
