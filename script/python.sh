# Sourced by the other scripts: sets $python to a Python that is new enough.
for python in python3.11 python3.12 python3.13 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        break
    fi
    python=
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed. On Debian and Ubuntu: apt-get install python3 python3-venv" >&2
    exit 1
fi
