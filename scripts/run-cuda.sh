#!/bin/sh
# Builds the port for CUDA and runs it. The build's last line is the program; what else a build says stays out of the port's stdout.
project=$(dirname "$(readlink -f "$0")")/../src/TorchPort
built=$(dotnet build "$project" -c Release -p:TorchBackend=cuda -t:Build -getProperty:TargetPath) || { echo "$built" >&2; exit 1; }
exec dotnet "$(echo "$built" | tail -n 1)" "$@"
