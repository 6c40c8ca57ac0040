"""OpenRouter's public API: one client, and its answers as readings of ours."""
