"""The rulebook: criteria sets as pages, and the frozen versions that scores refer to."""
