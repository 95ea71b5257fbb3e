# Tests of the macOS port; included by backends/CMakeLists.txt.
add_library(macos_fixture STATIC macos/macos_fixture.c)
target_link_libraries(macos_fixture PRIVATE psb_flags PUBLIC psb_backends cmocka)
psb_test(macos/test_macos macos_fixture)
psb_test(macos/test_macos_kinds macos_fixture)
