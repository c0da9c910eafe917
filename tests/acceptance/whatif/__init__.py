"""What would another policy have done?"""
