"""“Sổ tay tiêu chí”: issued criteria sets as pages of the workspace, for everybody who is signed in."""
