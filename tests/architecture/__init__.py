"""Do the layers hold, and is the code shaped as the design says?"""
