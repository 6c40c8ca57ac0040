"""Plans: what an option would cost and earn, before a dollar is spent. Pure."""
