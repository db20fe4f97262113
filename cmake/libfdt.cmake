# libfdt, from Debian's libfdt-dev, for tests on the host: the installed package, else a copy under the build directory.
#
# Defines caponier_libfdt, an imported static library whose headers count as the system's.
execute_process(COMMAND dpkg --print-architecture OUTPUT_VARIABLE libfdt_arch OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(libfdt_arch STREQUAL arm64)
  set(libfdt_triple aarch64-linux-gnu)
else()
  set(libfdt_triple x86_64-linux-gnu)
endif()

set(libfdt_root ${CMAKE_BINARY_DIR}/libfdt/${libfdt_arch})
set(libfdt_archive ${libfdt_root}/usr/lib/${libfdt_triple}/libfdt.a)
if(NOT EXISTS ${libfdt_root}/complete)
  if(EXISTS /usr/lib/${libfdt_triple}/libfdt.a AND EXISTS /usr/include/libfdt.h)
    file(COPY /usr/include/fdt.h /usr/include/libfdt.h /usr/include/libfdt_env.h DESTINATION ${libfdt_root}/usr/include)
    file(COPY /usr/lib/${libfdt_triple}/libfdt.a DESTINATION ${libfdt_root}/usr/lib/${libfdt_triple})
  else()
    file(MAKE_DIRECTORY ${libfdt_root}/download)
    execute_process(COMMAND apt-get -q download libfdt-dev:${libfdt_arch}
      WORKING_DIRECTORY ${libfdt_root}/download OUTPUT_QUIET RESULT_VARIABLE libfdt_failed ERROR_VARIABLE libfdt_error)
    file(GLOB libfdt_package ${libfdt_root}/download/libfdt-dev_*.deb)
    if(libfdt_failed OR NOT libfdt_package)
      message(FATAL_ERROR "cannot download libfdt-dev:${libfdt_arch}; is the architecture enabled (dpkg --add-architecture ${libfdt_arch}; apt-get update)?\n${libfdt_error}")
    endif()
    execute_process(COMMAND dpkg-deb -x ${libfdt_package} ${libfdt_root} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  file(TOUCH ${libfdt_root}/complete)
endif()

add_library(caponier_libfdt STATIC IMPORTED GLOBAL)
set_target_properties(caponier_libfdt PROPERTIES
  IMPORTED_LOCATION ${libfdt_archive}
  INTERFACE_INCLUDE_DIRECTORIES ${libfdt_root}/usr/include)
