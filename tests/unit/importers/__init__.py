"""Do a venue's files become the facts that they state, and nothing else?"""
