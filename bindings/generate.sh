#!/bin/sh
# Regenerates java/dev/cm4j/ffi from native/include/cm4j.h with a jextract on the PATH (or $JEXTRACT).
# Never part of the build; see README.md.
set -eu
cd "$(dirname "$0")"
JEXTRACT="${JEXTRACT:-jextract}"
header=../native/include/cm4j.h
options="--target-package dev.cm4j.ffi --header-class-name Cm4j_h"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

command -v "$JEXTRACT" >/dev/null || {
    echo "generate.sh: no jextract found: put it on the PATH or name it in JEXTRACT" >&2
    exit 1
}
# Our own symbols, and nothing of the C library's headers.
"$JEXTRACT" ${JEXTRACT_FLAGS:-} --dump-includes "$stage/all.txt" "$header" 2>/dev/null
{
    echo "# Every symbol of cm4j.h; written by generate.sh."
    grep -E -- '--include-(function|constant|typedef) (cm_|CM_)' "$stage/all.txt" | sed 's/ *#.*//' | grep -v 'CM_API$' | sort
} > "$stage/includes.txt"
"$JEXTRACT" ${JEXTRACT_FLAGS:-} "@$stage/includes.txt" $options --output "$stage/java" "$header" 2>/dev/null

rm -rf java
mv "$stage/java" java
mv "$stage/includes.txt" includes.txt
sha() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }
cat > GENERATED.properties <<PROPERTIES
jextract.revision=${JEXTRACT_REVISION:-0b89a46}
jextract.options=$options @includes.txt
header=native/include/cm4j.h
header.sha256=$(sha "$header")
os=$(uname -s) $(uname -m)
PROPERTIES
