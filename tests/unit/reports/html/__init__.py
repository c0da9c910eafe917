"""Is one decision one file that a stranger can read, file and check?"""
