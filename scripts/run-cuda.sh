#!/bin/sh
# Builds the port for CUDA, and runs it. A build's last line is the program; what else it says stays out of the port's stdout.
build="dotnet build -c Release -p:TorchBackend=cuda -t:Build -getProperty:TargetPath"
built=$($build "$(dirname "$(readlink -f "$0")")/../src/TorchPort") || { echo "$built" | grep -v '\.dll$' >&2; exit 1; }
exec dotnet "$(echo "$built" | tail -n 1)" "$@"
