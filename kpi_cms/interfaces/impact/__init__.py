"""What a draft would do to real past cards: computed in the background, shown beside the page editor, never written."""
