"""Can an auditor get the answer, the way people and programs ask for it?"""
