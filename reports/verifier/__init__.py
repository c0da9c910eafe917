"""What checks a bundle where zerosum is not installed? `verify.py`, which is copied into it."""
