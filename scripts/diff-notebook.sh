#!/bin/sh
# Builds the diff with the port in it, and runs it.
backend=cpu
previous=
for argument do
  case "$previous $argument" in
    "--device cuda" | "--device cuda:"[0-9]* | *" --device=cuda" | *" --device=cuda:"[0-9]*) backend=cuda ;;
  esac
  previous=$argument
done
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/NotebookDiff "${TorchBackend:-$backend}") || exit 2
exec dotnet "$program" "$@"
