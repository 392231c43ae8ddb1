#!/bin/sh
# Print a Python that the product runs on: the one of .venv, else the newest found. With --say, print what is missing.
set -u
if [ "${1:-}" = "--say" ]; then
    echo "This product needs Python 3.11, 3.12 or 3.13, and none was found: install one (Debian and Ubuntu: apt-get install python3 python3-venv), or name it with make run PYTHON=/path/to/python3." >&2
    exit 1
fi
for candidate in .venv/bin/python python3.13 python3.12 python3.11 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        command -v "$candidate"
        exit 0
    fi
done
exit 0
