"""What packs look like: brands, prints and bodies."""
