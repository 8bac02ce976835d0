# Drives one of the outside projects: cmake -D PROJECT=consumer|parent ... -P run.cmake
# consumer: installs BUILD_DIR under a temporary prefix, moves the prefix, builds the project against
# it and runs it. parent: configures with Verge as a subproject; that is enough to see its targets.

function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message("${output}")
    message(FATAL_ERROR "${what} failed (${status})")
  endif()
  message(STATUS "${what}: done")
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(configure
  ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${PROJECT} -B ${WORK_DIR}/build -G ${GENERATOR}
  -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_COMPILER=${CXX_COMPILER}
  -DCMAKE_CXX_FLAGS=${CXX_FLAGS} -DCMAKE_BUILD_TYPE=${BUILD_TYPE})

if(PROJECT STREQUAL "parent")
  step("configure as a subproject" ${configure} -DVERGE_SOURCE_DIR=${SOURCE_DIR})
  return()
endif()

step("install" ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/staged)
file(RENAME ${WORK_DIR}/staged ${WORK_DIR}/prefix)
# The program becomes another one for this.
step("ask the installed program" ${WORK_DIR}/prefix/bin/verge run --help)
if(NOT output MATCHES "Usage: verge run")
  message(FATAL_ERROR "the installed program did not say how a run is started: ${output}")
endif()
step("configure against the package"
  ${configure} -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix -DVERGE_VERSION=${VERSION})
step("build" ${CMAKE_COMMAND} --build ${WORK_DIR}/build)
step("run" ${WORK_DIR}/build/consumer)
if(NOT output MATCHES "accuracy (0\\.9[5-9]|1\\.00)")
  message(FATAL_ERROR "the outside program did not say that its model has learnt: ${output}")
endif()
message(STATUS "${output}")
