"""Can the books be taken elsewhere, and do they say the same there?"""
