"""Plans as analytics looks at them: followed on the bus, and laid into cameras' pictures."""
