#!/bin/sh
# Builds and runs the port with CUDA.
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/TorchPort cuda) || exit 1
exec dotnet "$program" "$@"
