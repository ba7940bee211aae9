"""What a stranger sees: certificates, issuers' badge sites, the documents behind them. No models."""
