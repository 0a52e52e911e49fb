#!/bin/sh
# The build's last line is the program. Whatever else a build says stays out of the port's stdout.
built=$(dotnet build "$(dirname "$0")/../src/TorchPort" -c Release -p:TorchBackend=cuda -t:Build -getProperty:TargetPath) || exit
exec dotnet "$(echo "$built" | tail -n 1)" "$@"
