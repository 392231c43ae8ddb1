"""The import pages of the Wagtail admin: upload, look, apply."""
