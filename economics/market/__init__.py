"""The market of tokens: what others charge, and how much is asked for. Pure."""
