#!/bin/sh
# JupyterLab and TensorBoard, each on its port. A token for JupyterLab is printed, or taken from JUPYTER_TOKEN.
set -e
mkdir -p logs
tensorboard --logdir logs --host 0.0.0.0 --port 6006 >/tmp/tensorboard.log 2>&1 &
exec jupyter lab --ip 0.0.0.0 --port 8888 --no-browser ${JUPYTER_TOKEN:+--IdentityProvider.token="$JUPYTER_TOKEN"}
