#!/bin/sh
# Builds the diff, with the port beside it, and runs it. The build's last line is the program.
case " $*" in
  *" --device cuda"* | *" --device=cuda"*) backend=cuda ;;
  *) backend=cpu ;;
esac
project=$(dirname "$(readlink -f "$0")")/../src/NotebookDiff
built=$(dotnet build "$project" -c Release "-p:TorchBackend=${TorchBackend:-$backend}" -t:Build -getProperty:TargetPath) || { echo "$built" >&2; exit 2; }
exec dotnet "$(echo "$built" | tail -n 1)" "$@"
