"""What several features show: one frozen class for each component template, and the builders they share."""
