"""How is an answer shown to a person or another program?

Reading order: `figures`, `page`, then one file per question.
"""
