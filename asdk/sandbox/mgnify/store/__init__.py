"""State of an MGnify server: records, accounts, sliding tokens, searches. No HTTP here."""
