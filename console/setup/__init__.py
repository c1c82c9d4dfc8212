"""Setting a store up: cameras that are added and calibrated, products that are added, on pages."""
