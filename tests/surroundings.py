"""What programs that tests start find in their environment."""

QUICKLY = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
"""Compile in half of the time, to slower code: what small programs spend is spent on compiling."""
