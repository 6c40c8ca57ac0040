"""vLLM from outside: its command line, its counters, its health, and how to ask."""
