#!/bin/sh
# Builds the port for the CPU, and runs it.
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/TorchPort cpu) || exit 1
exec dotnet "$program" "$@"
