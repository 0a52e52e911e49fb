#!/bin/sh
exec dotnet run --project "$(dirname "$0")/../src/TorchPort" -c Release -p:TorchBackend=cuda -- "$@"
