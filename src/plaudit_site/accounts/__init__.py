"""People, their addresses, and what proves that an address is theirs."""
