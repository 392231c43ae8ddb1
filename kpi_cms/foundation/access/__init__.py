"""Who may: a capability on a unit, covering its subtree. Abstract: the unit comes from ACCESS_SCOPE_MODEL."""
