#!/bin/sh
# Builds the port for CUDA, and runs it. The build's last line is the program; the others stay out of the port's stdout.
build="dotnet build -c Release -p:TorchBackend=cuda -t:Build -getProperty:TargetPath"
built=$($build "$(dirname "$(readlink -f "$0")")/../src/TorchPort") || { echo "$built" | grep -v '\.dll$' >&2; exit 1; }
exec dotnet "$(echo "$built" | tail -n 1)" "$@"
