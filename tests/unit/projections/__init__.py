"""Do the facts add up, and is every one counted once?"""
