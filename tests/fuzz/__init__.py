"""Does anything that comes from outside end in more than a declared error?"""
