#!/bin/sh
# join-split-libraries.sh STAMP LIBRARY... joins the pieces of each library. What it writes to stdout is an error.
# STAMP lists the SHA-256 and the size of each whole library, so that the next build does not hash it again.

stamp=$1
shift
[ $# -gt 0 ] || exit 0

# One build joins at a time. The lock lies beside the first library, where several users may share the packages, or else in the
# folder of this build.
lock=${1%/*}/.joining
[ -e "$lock" ] || (umask 022 && true > "$lock") 2> /dev/null
[ -r "$lock" ] || { lock=$stamp.lock && true > "$lock"; }
exec 9< "$lock"
flock --timeout 5 9 || {
  echo "Another build is joining libtorch's libraries. Waiting for it, for up to ten minutes." >&2
  flock --timeout 600 9 || { echo "$lock: another build has held this lock for ten minutes. End it, and build again."; exit 1; }
}

is_complete() { [ "$(sha256sum < "$1")" = "$sha  -" ]; }

status=0
trap 'rm -f "$library.joined"' EXIT
trap 'exit 1' HUP INT TERM

for library do
  sha=$(cat "$library.sha")
  grep -qsxF "$sha $(stat -c %s "$library")" "$stamp" && continue

  # NAME-primary/VERSION/runtimes/linux-x64/native/X goes on in NAME-fragmentN/VERSION/fragments/linux-x64/native/X.fragmentN
  name=${library%-primary/*}
  relative_path=${library##*-primary/}
  set --
  for n in $(seq 99); do
    fragment=$name-fragment$n/${relative_path%%/*}/fragments/${relative_path#*/runtimes/}.fragment$n
    [ -e "$fragment" ] && set -- "$@" "$fragment"
  done

  if ! is_complete "$library"; then
    if ! error=$({ cat "$library" "$@" > "$library.joined" && chmod --reference="$library" "$library.joined"; } 2>&1); then
      echo "$library: its pieces cannot be joined (${error##*: })." \
        "Make room, make the folder writable, or name another with NUGET_PACKAGES, and build again."
      exit 1
    fi
    if ! is_complete "$library.joined"; then
      echo "$library: a piece of this library is missing or damaged. Delete the folders $name-*, and build again."
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
