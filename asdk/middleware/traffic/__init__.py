"""Traffic policies: rate limits, the concurrency limit and the circuit breaker, with the queue and permits they use."""
