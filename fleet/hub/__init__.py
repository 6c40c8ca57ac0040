"""Where models are published: their configuration, when there is a network."""
