#!/bin/sh
# Usage: build.sh PROJECT BACKEND. Builds a project and prints the path of its program. Build errors go to stderr.
command -v dotnet > /dev/null || { echo "dotnet is not on PATH. Install the .NET 10 SDK." >&2; exit 1; }
# Use this repository's global.json, not the caller's.
cd "$(dirname "$0")/.." || exit
output=$(dotnet build "$1" "-p:TorchBackend=$2" -t:Build -getProperty:TargetPath) || {
  echo "$output" | grep -v '\.dll$' >&2
  exit 1
}
echo "$output" | tail -n 1
