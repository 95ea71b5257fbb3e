# Tests of the macOS port; included by backends/CMakeLists.txt.
psb_test(macos/test_macos)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Darwin") # the counts are those of the simulated kernel
  add_test(NAME golden_counts_macos
           COMMAND ${PSB_PYTHON} ${PROJECT_SOURCE_DIR}/reports/test_golden_counts.py $<TARGET_FILE:psbench> macos)
endif()
