"""Do the published cases with known answers come out as published?"""
