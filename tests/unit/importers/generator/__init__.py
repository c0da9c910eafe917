"""Is a generated archive what its truth says it is?"""
