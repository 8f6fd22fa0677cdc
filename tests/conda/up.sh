#!/usr/bin/env bash
# Make a stand-in for conda in .venv-conda: a real solver and installer (py-rattler) over a local
# channel that holds this machine's Python and pip. It cannot show whether a file in envs/ solves
# with the packages of conda-forge. Use it as
#     PATH=$PWD/tests/conda/bin:$PATH make test-conda
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
[ -x .venv-conda/bin/python ] || "$python" -m venv .venv-conda
.venv-conda/bin/pip install -q py-rattler==0.26.0 PyYAML==6.0.3
if [ ! -d .venv-conda/channels/conda-forge ]; then
    rm -rf .venv-conda/new
    .venv-conda/bin/python tests/conda/make_channel.py .venv-conda/new/conda-forge
    mv .venv-conda/new .venv-conda/channels
fi
