"""Which recorded request a live one is: the comparable view, match levels, live values, differences. No I/O."""
