"""Commands that make, measure and explain models."""
