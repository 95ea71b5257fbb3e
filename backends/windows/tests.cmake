# Tests of the Windows port; included by backends/CMakeLists.txt.
add_library(windows_fixture STATIC windows/windows_fixture.c)
target_link_libraries(windows_fixture PRIVATE psb_flags PUBLIC psb_backends cmocka)
psb_test(windows/test_windows windows_fixture)
psb_test(windows/test_windows_sim windows_fixture)
psb_test(windows/test_windows_text windows_fixture)
if(WIN32) # asks the Windows, or Wine, that it runs on
  psb_test(windows/test_windows_native)
endif()
