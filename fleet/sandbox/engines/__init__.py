"""What runs inside a sandbox pod: a real vLLM server, or one that replays a demand."""
