"""What others charge for GPUs, as plain values: no database, no network."""
