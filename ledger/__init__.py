"""How do facts reach the disk in order, sealed, and come back?"""
