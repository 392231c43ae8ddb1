#!/bin/sh
# Print a Python that the product runs on: the one of .venv, else the newest found. With --say, print what is missing.
# Of two of one version the distribution's own comes first: it is built optimised, and those that version managers
# compile are usually not. The product is then a third slower.
set -u
if [ "${1:-}" = "--say" ]; then
    echo "This product needs Python 3.11, 3.12 or 3.13, and none was found: install one (Debian and Ubuntu: apt-get install python3 python3-venv), or name it with make run PYTHON=/path/to/python3." >&2
    exit 1
fi
case ":$PATH:" in *:/usr/bin:*) own=/usr/bin/ ;; *) own="" ;; esac
# One without its venv module is taken only where there is no other: who starts the product is told what to install.
for complete in "import ensurepip, venv" ""; do
    for candidate in .venv/bin/python ${own}python3.13 python3.13 ${own}python3.12 python3.12 ${own}python3.11 \
        python3.11 python3 python; do
        if "$candidate" -c "$complete
import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null; then
            command -v "$candidate"
            exit 0
        fi
    done
done
exit 0
