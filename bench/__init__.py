"""The benchmark: `python -m bench`. See bench/README.md for the method and the figures."""
