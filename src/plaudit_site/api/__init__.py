"""What a program sees: tokens, REST v1, its description."""
