"""A small lending library: the example project of migtestkit's docs."""
