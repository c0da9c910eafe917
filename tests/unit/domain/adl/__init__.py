"""Who is closed when book and vault are done?"""
