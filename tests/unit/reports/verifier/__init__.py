"""Does the stand-alone verifier accept what holds, and name what does not?"""
