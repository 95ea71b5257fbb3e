# The peers, in the folder peers beside psbench: libraries of others behind backend.h. Those whose library is here.
set(peers_dir ${CMAKE_BINARY_DIR}/peers)
foreach(script psutil_peer.py ps_peer.sh)
  configure_file(peers/${script} ${peers_dir}/${script} COPYONLY)
endforeach()
install(PROGRAMS peers/psutil_peer.py peers/ps_peer.sh DESTINATION ${CMAKE_INSTALL_LIBDIR}/psbench/peers)

pkg_check_modules(LIBPROC2 QUIET IMPORTED_TARGET libproc2>=4)
if(LIBPROC2_FOUND AND CMAKE_SYSTEM_NAME STREQUAL Linux)
  add_library(libproc2_peer MODULE peers/libproc2_native.c)
  target_link_libraries(libproc2_peer PRIVATE psb_flags psb_backends PkgConfig::LIBPROC2)
  set_target_properties(libproc2_peer PROPERTIES PREFIX "" C_EXTENSIONS ON LIBRARY_OUTPUT_DIRECTORY ${peers_dir})
  install(TARGETS libproc2_peer DESTINATION ${CMAKE_INSTALL_LIBDIR}/psbench/peers)
endif()

if(BUILD_TESTING AND UNIX)
  set(sanitizers)
  if(PSB_SANITIZE)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
  endif()
  add_test(NAME plugins COMMAND ${PSB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/peers/test_plugins.py
    ${CMAKE_BINARY_DIR} ${CMAKE_COMMAND} ${CMAKE_C_COMPILER} ${sanitizers})
  add_test(NAME exec COMMAND ${PSB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/peers/test_exec.py $<TARGET_FILE:psbench>)
endif()
