"""Can somebody who trusts nobody check what the log says?"""
