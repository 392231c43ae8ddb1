"""What an auditor takes along: `check_bundle.py` needs Python's standard library and nothing of ours."""
