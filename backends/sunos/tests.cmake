# Tests of the SunOS port; included by backends/CMakeLists.txt.
add_library(sunos_fixture STATIC sunos/sunos_fixture.c)
target_link_libraries(sunos_fixture PRIVATE psb_flags PUBLIC psb_backends cmocka)
psb_test(sunos/test_sunos sunos_fixture)
psb_test(sunos/test_sunos_lists sunos_fixture)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "SunOS") # the native leaf over files, with a header that stands in for SunOS's
  add_library(sunos_native OBJECT sunos/sunos_native.c)
  target_include_directories(sunos_native PRIVATE sunos/sunos_headers)
  target_compile_definitions(sunos_native PRIVATE psb_native_leaf=psb_sunos_native
                             PSB_SUNOS_PROC="sunos_proc" PSB_SUNOS_MAJORS="sunos_proc/name_to_major")
  target_link_libraries(sunos_native PRIVATE psb_flags psb_backends)
  psb_test(sunos/test_sunos_native)
  target_sources(test_sunos_native PRIVATE $<TARGET_OBJECTS:sunos_native>)
endif()
