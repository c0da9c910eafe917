"""Do stored events still read as before?"""
