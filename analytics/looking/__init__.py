"""From regions in a picture to what each slot looks like."""
