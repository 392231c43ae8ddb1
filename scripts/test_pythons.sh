#!/bin/sh
# The suite on each Python of this machine that the product runs on, each in an environment of its own.
set -u
failed=0
for version in 3.11 3.12 3.13; do
    if ! "python$version" -c '' 2>/dev/null; then
        echo "== Python $version is not here."
        continue
    fi
    echo "== Python $version"
    folder="var/pythons/$version"
    if [ ! -x "$folder/bin/python" ]; then
        mkdir -p var/pythons && "python$version" -m venv "$folder" || exit 1
    fi
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt || exit 1
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt || exit 1
    CHROMIUM="$("$folder/bin/python" tests/helpers/chromium.py --install)" || exit 1
    export CHROMIUM
    "$folder/bin/python" -m pytest -n "${WORKERS:-2}" --dist loadfile --no-loadscope-reorder || failed=1
done
exit "$failed"
