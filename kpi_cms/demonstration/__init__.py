"""A province to try the product with: units, people, a catalogue, criteria sets and a month under way.

Nothing imports from here, and nothing here runs outside a demonstration.
"""
