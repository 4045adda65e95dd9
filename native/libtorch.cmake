# Finds LibTorch in ${LIBTORCH} and defines the imported target `libtorch`, CM4J_TORCH_VERSION and CM4J_RUNPATH.
#
# find_package(Torch) is not used: with a CUDA build of LibTorch it demands a CUDA toolkit and links libtorch_cuda.

if(NOT LIBTORCH)
  message(FATAL_ERROR "LibTorch is needed: pass -DLIBTORCH=<directory with include/ and lib/> or set LIBTORCH.")
endif()
get_filename_component(LIBTORCH "${LIBTORCH}" ABSOLUTE)
set(torch_library "${LIBTORCH}/lib/libtorch_cpu.so")
set(c10_library "${LIBTORCH}/lib/libc10.so")
foreach(part "${torch_library}" "${c10_library}" "${LIBTORCH}/include/ATen/core/Tensor.h")
  if(NOT EXISTS "${part}")
    message(FATAL_ERROR "LIBTORCH=${LIBTORCH} is no LibTorch: ${part} is missing.")
  endif()
endforeach()

# The version stands in one of two headers, depending on the release.
set(version_text "")
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(EXISTS "${LIBTORCH}/include/${header}")
    file(READ "${LIBTORCH}/include/${header}" text)
    string(APPEND version_text "${text}")
  endif()
endforeach()
foreach(part MAJOR MINOR PATCH)
  string(REGEX MATCH "#define TORCH_VERSION_${part} ([0-9]+)" found "${version_text}")
  set(torch_${part} "${CMAKE_MATCH_1}")
endforeach()
set(CM4J_TORCH_VERSION "${torch_MAJOR}.${torch_MINOR}.${torch_PATCH}")
if(CM4J_TORCH_VERSION VERSION_LESS 2.11 OR NOT CM4J_TORCH_VERSION VERSION_LESS 2.16)
  message(FATAL_ERROR "LibTorch ${CM4J_TORCH_VERSION} in ${LIBTORCH} is not supported; 2.11 to 2.15 are.")
endif()

# C++ strings must have one layout on both sides. c10's own functions show which one LibTorch was built with.
file(STRINGS "${c10_library}" new_abi REGEX "NSt7__cxx1112basic_string" LIMIT_COUNT 1)
if(NOT new_abi)
  message(FATAL_ERROR "LibTorch in ${LIBTORCH} was built with _GLIBCXX_USE_CXX11_ABI=0; a build with 1 is needed.")
endif()

# One OpenMP runtime in the process: the one LibTorch ships, else the system's, which LibTorch then uses as well.
file(GLOB openmp_library "${LIBTORCH}/lib/libgomp*.so*" "${LIBTORCH}/../torch.libs/libgomp*.so*")
if(openmp_library)
  list(GET openmp_library 0 openmp_library)
else()
  set(openmp_library gomp)
endif()

add_library(libtorch INTERFACE IMPORTED)
target_include_directories(libtorch SYSTEM INTERFACE
  "${LIBTORCH}/include" "${LIBTORCH}/include/torch/csrc/api/include")
target_compile_definitions(libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
# gcc drops libraries that only header code uses, and would then look for OpenMP's symbols elsewhere.
# LibTorch's own dependencies need not be resolved here: a CUDA build names libraries this build does without.
target_link_libraries(libtorch INTERFACE
  -Wl,--no-as-needed "${torch_library}" "${c10_library}" "${openmp_library}" -Wl,--as-needed
  -Wl,--allow-shlib-undefined ${CMAKE_DL_LIBS})

# The wheel's CUDA build of libtorch_cpu needs libcudart and libcupti, which lie beside the package.
set(CM4J_RUNPATH "${LIBTORCH}/lib")
file(GLOB companions "${LIBTORCH}/../nvidia/cu[0-9]*/lib")
foreach(directory ${companions})
  get_filename_component(directory "${directory}" ABSOLUTE)
  list(APPEND CM4J_RUNPATH "${directory}")
endforeach()
message(STATUS "LibTorch ${CM4J_TORCH_VERSION} in ${LIBTORCH}")
