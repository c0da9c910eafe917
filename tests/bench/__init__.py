"""How fast is it, on this machine, beside what the disk and the library alone can do?"""
