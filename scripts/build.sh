#!/bin/sh
# build.sh PROJECT BACKEND builds a project of this repository, and says where its program is. What the build says goes to stderr.
command -v dotnet > /dev/null || { echo "dotnet is not on PATH. Install the .NET 10 SDK." >&2; exit 1; }
# Here its global.json counts, and none of the folder that it was called from.
cd "$(dirname "$0")/.." || exit
output=$(dotnet build "$1" "-p:TorchBackend=$2" -t:Build -getProperty:TargetPath) || {
  echo "$output" | grep -v '\.dll$' >&2
  exit 1
}
echo "$output" | tail -n 1
