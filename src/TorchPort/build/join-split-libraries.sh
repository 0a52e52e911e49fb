#!/bin/sh
# Usage: join-split-libraries.sh STAMP LIBRARY... Joins the fragments of each library. Errors go to stdout, for MSBuild.
# STAMP lists the SHA-256 and the size of each joined library, so that the next build does not hash it again.

stamp=$1
shift
[ $# -gt 0 ] || exit 0

# Only one build joins at a time. The lock is next to the first library, because users may share the packages, or in the build
# folder if the packages are not writable.
lock=${1%/*}/.joining
[ -e "$lock" ] || (umask 022 && true > "$lock") 2> /dev/null
[ -r "$lock" ] || { lock=$stamp.lock && true > "$lock"; }
exec 9< "$lock"
flock --timeout 5 9 || {
  echo "Another build is joining libtorch's libraries. Waiting up to ten minutes for it." >&2
  flock --timeout 600 9 || { echo "$lock: another build has held this lock for ten minutes. Stop it and build again."; exit 1; }
}

is_complete() { [ "$(sha256sum < "$1")" = "$sha  -" ]; }

status=0
trap 'rm -f "$library.joined"' EXIT
trap 'exit 1' HUP INT TERM

for library do
  sha=$(cat "$library.sha")
  grep -qsxF "$sha $(stat -c %s "$library")" "$stamp" && continue

  # NAME-primary/VERSION/runtimes/linux-x64/native/X continues in NAME-fragmentN/VERSION/fragments/linux-x64/native/X.fragmentN
  name=${library%-primary/*}
  relative_path=${library##*-primary/}
  set --
  for n in $(seq 99); do
    fragment=$name-fragment$n/${relative_path%%/*}/fragments/${relative_path#*/runtimes/}.fragment$n
    [ -e "$fragment" ] && set -- "$@" "$fragment"
  done

  if ! is_complete "$library"; then
    if ! error=$({ cat "$library" "$@" > "$library.joined" && chmod --reference="$library" "$library.joined"; } 2>&1); then
      echo "$library: cannot join its fragments (${error##*: })." \
        "Free up space, make the folder writable or set NUGET_PACKAGES to another, and build again."
      exit 1
    fi
    if ! is_complete "$library.joined"; then
      echo "$library: a fragment is missing or corrupted. Delete the folders $name-* and build again."
      rm "$library.joined"
      status=1
      continue
    fi
    mv -f "$library.joined" "$library" || exit
  fi
  rm -f "$@"
  echo "$sha $(stat -c %s "$library")" >> "$stamp" || exit
done
exit $status
