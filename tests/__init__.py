"""What does zerosum promise, told by example?"""
