# Fails if an object that is compiled for one instruction set defines a weak function: the linker may keep that copy for
# everyone, and other processors cannot run it.
# Use: cmake -DNM=nm "-DOBJECTS=a.o;b.o" -P isa_objects.cmake

cmake_minimum_required(VERSION 3.22)

set(count 0)
foreach(object ${OBJECTS})
  if(NOT object MATCHES "_(avx2|avx512|avx512bf16)\\.cpp")
    continue()
  endif()
  math(EXPR count "${count} + 1")
  execute_process(COMMAND ${NM} --defined-only --format=posix "${object}" OUTPUT_VARIABLE table
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+ [Ww] [^\n]*" weak "${table}")
  if(weak)
    message(FATAL_ERROR "${object} defines ${weak}")
  endif()
endforeach()
if(count LESS 3)
  message(FATAL_ERROR "only ${count} objects of one instruction set were found")
endif()
message(STATUS "${count} objects, none shares a function")
