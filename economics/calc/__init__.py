"""Pure arithmetic of the business: no database, no clock, no rounding but `money`."""
