"""Do all invariants hold after every step of any story?"""
