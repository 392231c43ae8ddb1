"""The heart: periods' pins, scorecards, assessments, scores, tasks, results, and the verbs that change them."""
