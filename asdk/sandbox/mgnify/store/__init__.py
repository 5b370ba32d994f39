"""What an MGnify server holds: records, accounts, sliding tokens, searches. No HTTP here."""
