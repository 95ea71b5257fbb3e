# What a plug-in is built from (plugin.h): headers, the library of helpers, and how CMake and pkg-config find them.
include(CMakePackageConfigHelpers)
install(FILES backend.h field.def plugin.h core/arena.h core/plain.h core/port.h core/scan.h kernel/kernel.h kernel/op.def
  kernel/redact.h kernel/world.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/psbench)
install(FILES peers/PROTOCOL.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set_target_properties(psb_backends PROPERTIES EXPORT_NAME backends)
install(TARGETS psb_backends EXPORT psbench ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT psbench NAMESPACE psbench:: FILE psbench-targets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/psbench)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/psbench-config.cmake
  "include(\${CMAKE_CURRENT_LIST_DIR}/psbench-targets.cmake)\n")
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/psbench-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/psbench-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/psbench-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/psbench)

# Wherever the prefix is moved to, the file tells it by its own place.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/psbench.pc
"prefix=\${pcfiledir}/${up}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: psbench
Description: ${PROJECT_DESCRIPTION}
Version: ${PROJECT_VERSION}
Cflags: -I\${includedir}
Libs: -L\${libdir} -lpsb_backends
")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/psbench.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
