"""Badges from elsewhere: checked, whoever issued them and whatever they came in."""
