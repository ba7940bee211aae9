"""What one person owns across the rooms: addresses with their badges, trusted issuers, the account itself."""
