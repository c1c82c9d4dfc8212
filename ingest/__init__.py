"""Cameras in, frames out."""
