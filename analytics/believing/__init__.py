"""What is believed of a slot: what can be the case, how it changes, how eyes read it, and the filter over all that."""
