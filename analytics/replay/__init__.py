"""What-if: runs archived facings again under other settings and tells what would have been decided otherwise."""
