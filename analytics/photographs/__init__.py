"""What a photograph alone tells: how it shows a bay (a camera calibrates itself), and what stands there (an audit)."""
