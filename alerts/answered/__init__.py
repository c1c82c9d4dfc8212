"""What staff answered, taken together: how right alerts are, and what the plan gets wrong."""
