#!/bin/sh
# Builds the port for CUDA, and runs it.
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/TorchPort cuda) || exit 1
exec dotnet "$program" "$@"
