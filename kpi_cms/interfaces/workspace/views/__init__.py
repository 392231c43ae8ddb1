"""Screens of the workspace: each lists what its reader may see, or makes one domain call."""
