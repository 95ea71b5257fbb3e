# zig.cmake: the CMake toolchain for every other system, by Zig (pinned in this folder, which brings headers and libraries
# of them all). ci/checks/cross uses it; by hand:
#   cmake -S . -B build/mine -G Ninja -DCMAKE_TOOLCHAIN_FILE=ci/cross/zig.cmake -DPSB_TARGET=x86_64-windows-gnu \
#     -DPSB_ZIG=/path/to/zig -DPSB_PREFIX=/where/the/libraries/are -DBUILD_TESTING=OFF
# PSB_TARGET   as Zig names it: processor-system[-abi]
# PSB_PREFIX   where ci/cross/libraries has put Google Benchmark and jansson; may be left out where none is needed
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PSB_TARGET PSB_ZIG PSB_PREFIX)

if(NOT PSB_TARGET MATCHES "^(x86_64|aarch64)-(macos|freebsd|openbsd|netbsd|windows|linux)(-[a-z0-9.]+)?$")
  message(FATAL_ERROR "PSB_TARGET: '${PSB_TARGET}' is no target of this file")
endif()
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_MATCH_1})
set(system_macos Darwin)
set(system_freebsd FreeBSD)
set(system_openbsd OpenBSD)
set(system_netbsd NetBSD)
set(system_windows Windows)
set(system_linux Linux)
set(CMAKE_SYSTEM_NAME ${system_${CMAKE_MATCH_2}})

# Zig builds the C and C++ libraries of a target when it first links with these flags, once for each set of them: CMake's own
# trials get the same, or there would be a second set. Without -fno-sanitize, it sanitizes by default.
set(flags -target ${PSB_TARGET} -O2 -s -fno-sanitize=undefined)
set(CMAKE_C_COMPILER ${PSB_ZIG} cc ${flags})
set(CMAKE_CXX_COMPILER ${PSB_ZIG} c++ ${flags})
set(CMAKE_TRY_COMPILE_CONFIGURATION Release)

# CMake wants these to be one word each.
foreach(tool ar ranlib)
  string(TOUPPER ${tool} name)
  set(CMAKE_${name} ${CMAKE_BINARY_DIR}/zig-${tool})
  if(NOT EXISTS ${CMAKE_${name}})
    file(WRITE ${CMAKE_${name}} "#!/bin/sh\nexec '${PSB_ZIG}' ${tool} \"$@\"\n")
    file(CHMOD ${CMAKE_${name}} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
endforeach()
set(CMAKE_INSTALL_NAME_TOOL /bin/true) # macOS: never needed, but looked for
set(CMAKE_OSX_SYSROOT "")

set(CMAKE_FIND_ROOT_PATH ${PSB_PREFIX})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${PSB_PREFIX}/lib/pkgconfig)
