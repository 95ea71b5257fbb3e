# Tests of the macOS port; included by backends/CMakeLists.txt.
add_library(macos_fixture STATIC macos/macos_fixture.c)
target_link_libraries(macos_fixture PRIVATE psb_flags PUBLIC psb_backends cmocka)
psb_test(macos/test_macos macos_fixture)
psb_test(macos/test_macos_kinds macos_fixture)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Darwin") # the counts are those of the simulated kernel
  add_test(NAME golden_counts_macos
           COMMAND ${PSB_PYTHON} ${PROJECT_SOURCE_DIR}/reports/test_golden_counts.py $<TARGET_FILE:psbench> macos)
endif()
