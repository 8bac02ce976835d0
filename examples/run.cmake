# Runs one example:
#   cmake -D EXPECTED=regex -D STATUS=n -D DATA=name -P run.cmake -- program argument ...
# Fails unless the program ends with STATUS and its output matches EXPECTED.
if(DATA AND NOT EXISTS /usr/share/datasets/${DATA})
  message("skipped: Debian's package dataset-${DATA} is not installed")
  return()
endif()

set(command)
foreach(i RANGE ${CMAKE_ARGC})
  if(DEFINED after_dashes AND i LESS CMAKE_ARGC)
    list(APPEND command "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(after_dashes TRUE)
  endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(NOT status EQUAL STATUS)
  message(FATAL_ERROR "ended with ${status}, expected ${STATUS}")
elseif(NOT output MATCHES "${EXPECTED}")
  message(FATAL_ERROR "the output does not match ${EXPECTED}")
endif()
