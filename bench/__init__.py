"""Measurements on real Word files, kept outside the repository. ``python -m bench`` runs all of them."""
