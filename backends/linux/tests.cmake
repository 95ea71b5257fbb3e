# Tests of the Linux port; included by backends/CMakeLists.txt.
add_library(linux_fixture STATIC linux/linux_fixture.c)
target_link_libraries(linux_fixture PRIVATE psb_flags PUBLIC psb_backends cmocka)
psb_test(linux/test_linux_parse linux_fixture)
psb_test(linux/test_linux_decode linux_fixture)
psb_test(linux/test_linux_derived linux_fixture)
psb_test(linux/test_linux_fuzz linux_fixture)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux") # these ask the kernel that they run on
  add_library(linux_children STATIC linux/linux_children.c)
  target_link_libraries(linux_children PRIVATE psb_flags PUBLIC linux_fixture Threads::Threads)
  psb_test(linux/test_linux_native linux_children)
  psb_test(linux/test_linux_numbers linux_children)
  psb_test(linux/test_linux_kinds linux_children)
  psb_test(linux/test_linux_changes linux_children)
  psb_test(linux/test_linux_leaks linux_children)
  psb_test(linux/test_linux_errors linux_children)
  add_test(NAME linux_strace
           COMMAND ${PSB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/linux/test_linux_strace.py $<TARGET_FILE:psbench>)
  add_test(NAME linux_peers
           COMMAND ${PSB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/linux/test_linux_peers.py $<TARGET_FILE:psbench>)
  # LeakSanitizer cannot work beside strace: both want to trace the process.
  set_tests_properties(linux_strace PROPERTIES ENVIRONMENT ASAN_OPTIONS=detect_leaks=0)
  foreach(call open read close readlink getdents64 getpriority) # its own take their place
    target_link_options(test_linux_errors PRIVATE LINKER:--wrap=${call})
  endforeach()
endif()
