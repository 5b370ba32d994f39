"""Traffic policies: rate limits, concurrency limits and circuit breakers."""
