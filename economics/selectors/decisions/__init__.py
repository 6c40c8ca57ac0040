"""What decisions stand on, read once: markets, machines, books, the account."""
