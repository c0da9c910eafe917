"""Does one rule do what its sentence says?"""
