"""How a token is refreshed: when, what may be sent, and the exchange itself with the store."""
