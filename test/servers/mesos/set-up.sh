#!/usr/bin/env bash
# set-up.sh DIRECTORY puts an Apache Mesos 1.11.0 there: libmesos from the Python package mesos.scheduler, the Debian libraries that it
# wants, and stubs for those that no Debian has any more. It takes 5 s and 120 MB. It needs Linux on x86-64, gcc, nm, dpkg, apt-get and
# python3 with pip. Fails where the library is not the one that mesos-node.py knows.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/unpacked" "$1/packages" "$1/stubs"
directory=$(cd "$1" && pwd)

fail() {
  echo "$1" >&2
  exit 1
}

for program in gcc nm dpkg apt-get python3 sha256sum; do
  command -v "$program" >/dev/null || fail "$program is not on PATH"
done

# The package's version is none by the rules of today, which pip refuses from version 24 on.
pip=(python3 -m pip)
major=$("${pip[@]}" --version | sed -E 's/^pip ([0-9]+).*/\1/') || fail "python3 has no pip"
if [ "$major" -ge 24 ]; then
  python3 -m venv "$directory/unpacked/venv" || fail "python3 has no venv"
  pip=("$directory/unpacked/venv/bin/python" -m pip)
  "${pip[@]}" install --quiet 'pip<24' || fail "pip below version 24 cannot be had"
fi

# There is nothing to build, so pip fails in the end; what it unpacked before is what is wanted.
TMPDIR=$directory/unpacked "${pip[@]}" download --no-clean --no-deps --dest "$directory/unpacked/download" \
  'mesos.scheduler===1.11.0.linux-x86_64' >"$directory/unpacked/said" 2>&1 || true
library=$(find "$directory/unpacked" -name _scheduler.so | head -n 1)
[ -n "$library" ] || fail "the Python package mesos.scheduler 1.11.0 cannot be had: $(tail -n 3 "$directory/unpacked/said")"
cp "$library" "$directory/libmesos.so"
sha256sum "$directory/libmesos.so" | grep -q ^84d7ee9a || fail "the package mesos.scheduler has another libmesos than the known one"

libraries=(libsvn1 libapr1 libaprutil1 libserf-1-1 libutf8proc2)
download() {
  (cd "$directory/packages" && apt-get -o APT::Sandbox::User=root download -qq "${libraries[@]}")
}
download 2>/dev/null || { apt-get update -qq && download; } || fail "the Debian packages ${libraries[*]} cannot be had"
for package in "$directory"/packages/*.deb; do dpkg -x "$package" "$directory/packages"; done
mv "$directory/packages/usr/lib/x86_64-linux-gnu" "$directory/libraries"

python3 "$here/make-stubs.py" "$directory/libmesos.so" "$directory/stubs"
rm -rf "$directory/unpacked" "$directory/packages"
