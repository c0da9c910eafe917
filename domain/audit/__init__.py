"""Does a recorded auto-deleveraging close conform to a rule, as far as the log can know?

Reading order: knowledge, closes, holders, readings, verdict, checks, auditing.
"""
