#!/bin/sh
# Builds the diff with the port beside it, and runs it. The build's last line is the program's path.
case " $*" in
  *" --device cuda"* | *" --device=cuda"*) backend=cuda ;;
  *) backend=cpu ;;
esac
build="dotnet build -c Release -p:TorchBackend=${TorchBackend:-$backend} -t:Build -getProperty:TargetPath"
built=$($build "$(dirname "$(readlink -f "$0")")/../src/NotebookDiff") || { echo "$built" | grep -v '\.dll$' >&2; exit 2; }
exec dotnet "$(echo "$built" | tail -n 1)" "$@"
