# Fails unless the library exports exactly the functions of the header.
# Use: cmake -DNM=nm -DLIBRARY=libcm4j.so -DLIST=symbols.txt -P exports.cmake

cmake_minimum_required(VERSION 3.22)

file(STRINGS "${LIST}" expected)
execute_process(COMMAND ${NM} -D --defined-only --format=posix "${LIBRARY}" OUTPUT_VARIABLE table
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${table}")
set(exported "")
foreach(line ${lines})
  string(REGEX REPLACE " .*" "" name "${line}")
  list(APPEND exported "${name}")
endforeach()
list(SORT exported)
list(LENGTH expected count)
if(count LESS 70)
  message(FATAL_ERROR "only ${count} functions were found in the header")
endif()
set(surplus ${exported})
list(REMOVE_ITEM surplus ${expected})
set(missing ${expected})
list(REMOVE_ITEM missing ${exported})
if(surplus OR missing)
  message(FATAL_ERROR "exported but not in the header: ${surplus}; in the header but not exported: ${missing}")
endif()
message(STATUS "${count} functions, all exported, nothing else")
