"""Do other programs read our exports as we mean them?"""
