#!/bin/sh
# Builds the diff with the port in it, and runs it.
backend=cpu
before=
for word do
  case "$before $word" in
    "--device cuda" | "--device cuda:"[0-9]* | *" --device=cuda" | *" --device=cuda:"[0-9]*) backend=cuda ;;
  esac
  before=$word
done
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/NotebookDiff "${TorchBackend:-$backend}") || exit 2
exec dotnet "$program" "$@"
