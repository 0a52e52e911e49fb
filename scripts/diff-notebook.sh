#!/bin/sh
# Builds and runs the diff, which includes the port.
backend=cpu
case " $* " in
  *" --device"[\ =]"cuda "* | *" --device"[\ =]"cuda:"[0-9]*) backend=cuda ;;
esac
program=$("$(dirname "$(readlink -f "$0")")/build.sh" src/NotebookDiff "${TorchBackend:-$backend}") || exit 2
exec dotnet "$program" "$@"
