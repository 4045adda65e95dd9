# Writes a C file that takes the address of every function of the header, so that a missing definition fails to link,
# and a list of the names, which exports.cmake compares with the library.
# Use: cmake -DHEADER=cm4j.h -DOUT=symbols.c -DLIST=symbols.txt -P symbols.cmake

cmake_minimum_required(VERSION 3.22)

file(READ "${HEADER}" text)
string(REGEX REPLACE "/\\*([^*]|\\*[^/])*\\*+/" "" text "${text}")
string(REGEX MATCHALL "CM_API[^;]*[ *](cm_[a-z0-9_]+)\\(" prototypes "${text}")
set(names "")
foreach(prototype ${prototypes})
  string(REGEX REPLACE ".*[ *](cm_[a-z0-9_]+)\\($" "\\1" name "${prototype}")
  list(APPEND names ${name})
endforeach()
list(SORT names)
string(REPLACE ";" "\n" lines "${names}")
file(WRITE "${LIST}" "${lines}\n")
list(TRANSFORM names REPLACE "(.+)" "    (void (*)(void))\\1," OUTPUT_VARIABLE entries)
string(REPLACE ";" "\n" entries "${entries}")
file(WRITE "${OUT}" "/* Generated from cm4j.h by symbols.cmake. */
#include \"cm4j.h\"

static void (*const functions[])(void) = {
${entries}
};

int main(void) {
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; ++i)
        if (!functions[i]) return 1;
    return 0;
}
")
