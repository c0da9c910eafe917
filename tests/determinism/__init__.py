"""Does the same input give the same bytes, whichever way it comes in and wherever it runs?"""
