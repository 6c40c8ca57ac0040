"""A written plan, checked claim by claim against what is computed today. Pure."""
