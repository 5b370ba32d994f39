"""What the EdgeQuake server remembers, and its rules, without any HTTP; the handlers are its only callers."""
