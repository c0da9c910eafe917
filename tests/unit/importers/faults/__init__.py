"""Is every fault of an archive reported, and does everything else stay exact?"""
