"""Training: a pure step, a program that runs many, a loop around it."""
