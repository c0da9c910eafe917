"""Does each report say what its records mean?"""
