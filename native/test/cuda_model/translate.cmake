# Writes CUDA code as C++ for the model: launches, shared memory. Fails where anything of CUDA's syntax is left.
# Use: cmake -DIN=<file.cu> -DOUT=<file.cpp> -P translate.cmake

cmake_minimum_required(VERSION 3.22)

file(READ "${IN}" text)
set(name "[A-Za-z_][A-Za-z_0-9]*")
# kernel<T><<<grid, threads, bytes, stream>>>(
string(REGEX REPLACE "(${name}(<[A-Za-z_0-9]+>)?)<<<([^;]*)>>>\\("
       "::cuda_model::Launch(\"\\1\", \\1, \\3)(" text "${text}")
# extern __shared__ float memory[];
string(REGEX REPLACE "extern __shared__ (${name}) (${name})\\[\\];"
       "\\1* const \\2 = ::cuda_model::dynamic_shared<\\1>();" text "${text}")
# __shared__ float memory[32];
string(REGEX REPLACE "__shared__ ([A-Za-z_0-9:]+) (${name})((\\[[^\n;]*\\])?);"
       "auto& \\2 = ::cuda_model::shared<\\1\\3>(__PRETTY_FUNCTION__, \"\\2\");" text "${text}")
string(REGEX MATCH "[^\n]*(<<<|>>>|__shared__)[^\n]*" left "${text}")
if(left)
  message(FATAL_ERROR "${IN}: not translated: ${left}")
endif()
file(WRITE "${OUT}" "#line 1 \"${IN}\"\n${text}")
