"""Does a model fit on a GPU? Fails closed: what is unknown does not fit."""
