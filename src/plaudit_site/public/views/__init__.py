"""One module per kind of visitor: people (pages, issuers, certificates) and programs (documents)."""
