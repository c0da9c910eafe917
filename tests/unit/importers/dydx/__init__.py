"""Do answers of dYdX's indexer become the facts that they state, and nothing else?"""
