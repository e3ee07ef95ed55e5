"""Rewritings of weights: what a layer reads is replaced, the layer stays as it is."""
