"""Who is closed when book and vault are done, how much, at what price, and why nobody else?

Reading order: candidate, selections, policies, ranking, allocation, decision.
"""
