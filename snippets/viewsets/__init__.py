"""The registers in the Wagtail admin: one file for each models file, all on the guarded base."""
