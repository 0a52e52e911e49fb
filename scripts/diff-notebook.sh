#!/bin/sh
# Builds the diff with the port in it, and runs it.
case " $*" in
  *" --device cuda"* | *" --device=cuda"*) backend=cuda ;;
  *) backend=cpu ;;
esac
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/NotebookDiff "${TorchBackend:-$backend}") || exit 2
exec dotnet "$program" "$@"
