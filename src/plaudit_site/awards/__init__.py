"""The life of an award, from the issuer's press to the earner's page."""
