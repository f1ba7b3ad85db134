"""Components of several features: one frozen class for each component template, and shared builders."""
