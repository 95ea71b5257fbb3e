if(WIN32) # asks the Windows, or Wine, that it runs on
  psb_test(windows/test_windows_native)
endif()
