"""What tests, and programs that they start, find in their environment."""

QUICKLY = {"XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"}
"""Compile in half of the time, to slower code: what small programs spend is spent on compiling."""
