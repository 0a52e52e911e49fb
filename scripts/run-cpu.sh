#!/bin/sh
# Builds and runs the port on the CPU.
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/TorchPort cpu) || exit 1
exec dotnet "$program" "$@"
