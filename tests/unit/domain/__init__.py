"""Does one rule of the domain do what its sentence says? Mirrors the modules of `domain`."""
