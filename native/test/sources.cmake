# Fails unless every exported function either goes through the guard or is one of the getters that cannot throw.
# Use: cmake -DSOURCES=<directory> -DLIST=symbols.txt -P sources.cmake

cmake_minimum_required(VERSION 3.22)

set(getters cm_abi_version cm_version cm_torch_version cm_torch_runtime_version cm_last_error cm_live_count
    cm_memory_bytes cm_memory_peak_reset cm_cuda_device_count cm_tensor_reset cm_tensor_free cm_rng_free cm_unet_free
    cm_unet_parameter_count cm_optim_free cm_optim_step_count
    cm_graph_captures cm_graph_free)
file(STRINGS "${LIST}" names)
file(GLOB files "${SOURCES}/api_*.cpp")
set(text "")
foreach(file ${files})
  file(READ "${file}" part)
  # Bracket characters would upset CMake's lists.
  string(REGEX REPLACE "[][;]" " " part "${part}")
  string(APPEND text "${part}")
endforeach()
foreach(name ${names})
  # From the name at the start of a line to the closing brace at the start of one, or to the end of a one-line body.
  string(REGEX MATCH "\n[a-z0-9_]+[^\n]*[ *]${name}\\([^{]*{[^\n]*" head "${text}")
  if(NOT head)
    message(FATAL_ERROR "${name} is not defined in ${SOURCES}/api_*.cpp")
  endif()
  string(FIND "${text}" "${head}" start)
  string(SUBSTRING "${text}" ${start} -1 body)
  if(head MATCHES "}$")
    set(body "${head}")
  else()
    string(FIND "${body}" "\n}" end)
    string(SUBSTRING "${body}" 0 ${end} body)
  endif()
  if(NOT name IN_LIST getters AND NOT body MATCHES "(guard|give|fill|hand_out)\\(")
    message(FATAL_ERROR "${name} neither calls the guard nor is a listed getter")
  endif()
endforeach()
