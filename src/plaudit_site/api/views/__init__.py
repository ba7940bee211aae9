"""What answers requests: programs (rest.py), the issuer's console (console.py), readers (pages.py)."""
