"""Files that people send: cut off at their limit, judged by their content, checked for malware, kept privately.

Whose file it is and who may read it is the business of the rooms above.
"""
