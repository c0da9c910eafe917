"""Does every example in the documentation run, and is every name in it current?"""
