# How every part of the tree is compiled. A folder under lib/ becomes one static library of the sources in it; *_test.cc
# become one GoogleTest program and *_fuzz.cc one libFuzzer program each, on the host only.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)
find_program(CAPONIER_CCACHE ccache)
if(CAPONIER_CCACHE)
  # Paths below the checkout count as relative, so that a second checkout finds the first one's results.
  foreach(language C CXX)
    set(CMAKE_${language}_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CAPONIER_CCACHE})
  endforeach()
endif()

add_library(caponier_flags INTERFACE)
target_include_directories(caponier_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(caponier_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wimplicit-fallthrough -Wmissing-field-initializers -Wvla
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  -fno-strict-aliasing -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(CAPONIER_TARGET STREQUAL host)
  add_library(caponier_freestanding INTERFACE)
  target_link_libraries(caponier_freestanding INTERFACE caponier_flags)
  find_package(Threads REQUIRED)
  find_package(GTest REQUIRED)
  enable_testing()
  include(GoogleTest)
  if(CAPONIER_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
  endif()
else()
  # A kernel and its libraries: freestanding, position-independent, frame pointers kept for backtraces, automatic variables zeroed, a
  # stack protector, and calls through pointers that check the type of what they call [clang-cfi]; on AArch64 return addresses on a stack of
  # their own [clang-scs], and tags of variables on the stack [clang-memtag].
  add_library(caponier_freestanding_vectors INTERFACE)
  target_link_libraries(caponier_freestanding_vectors INTERFACE caponier_flags)
  target_compile_definitions(caponier_freestanding_vectors INTERFACE CAPONIER_FREESTANDING=1 _LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_FAST)
  target_compile_options(caponier_freestanding_vectors INTERFACE
    -ffreestanding -fPIE -fdirect-access-external-data -fvisibility=hidden -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
    -ffunction-sections -fdata-sections -ftrivial-auto-var-init=zero -fstack-protector-strong -fstack-clash-protection -g
    -fno-unwind-tables -fno-asynchronous-unwind-tables
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti -fno-exceptions -fsanitize=cfi-icall,cfi-vcall -fsanitize-trap=cfi-icall,cfi-vcall -fno-sanitize-ignorelist -fwhole-program-vtables -nostdinc++ -isystem/usr/lib/llvm-19/include/c++/v1 -fno-threadsafe-statics -fno-c++-static-destructors>)
  # All but the ciphers' vector forms: no register that belongs to the program and is not saved at once.
  add_library(caponier_freestanding INTERFACE)
  target_link_libraries(caponier_freestanding INTERFACE caponier_freestanding_vectors)
  if(CAPONIER_TARGET STREQUAL x86_64)
    target_compile_options(caponier_freestanding_vectors INTERFACE -mno-red-zone -mstack-protector-guard=global -fcf-protection=branch)
    target_compile_options(caponier_freestanding INTERFACE -mno-sse -mno-mmx)
  else()
    target_compile_options(caponier_freestanding_vectors INTERFACE
      -mbranch-protection=standard -mno-outline-atomics
      $<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=shadow-call-stack -ffixed-x18 -march=armv8-a+memtag -fsanitize=memtag-stack -isystem/usr/lib/llvm-19/lib/clang/19/include -isystem/usr/aarch64-linux-gnu/include>)
    target_compile_options(caponier_freestanding INTERFACE -mgeneral-regs-only)
  endif()
  # The kernel is optimised as a whole when it is linked: smaller and faster, and its checked calls want that.
  target_compile_options(caponier_freestanding_vectors INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:-flto>)
  # The optimisation level is this project's, not CMake's: -O2 kernels stay inside their size figure.
  set(CMAKE_CXX_FLAGS_RELEASE "-O2")
  set(CMAKE_C_FLAGS_RELEASE "-O2")
endif()

# caponier_library(NAME [DEPS ...] [TEST_DEPS ...]): lib/NAME as target caponier_NAME.
function(caponier_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc *.S)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cc)
  file(GLOB fuzzers CONFIGURE_DEPENDS *_fuzz.cc)
  file(GLOB benches CONFIGURE_DEPENDS *_bench.cc)
  if(tests OR fuzzers OR benches)
    list(REMOVE_ITEM sources ${tests} ${fuzzers} ${benches})
  endif()
  set(deps caponier_freestanding)
  foreach(dep IN LISTS ARG_DEPS)
    list(APPEND deps caponier_${dep})
  endforeach()
  if(sources)
    add_library(caponier_${name} STATIC ${sources})
    target_link_libraries(caponier_${name} PUBLIC ${deps})
  else()
    add_library(caponier_${name} INTERFACE)
    target_link_libraries(caponier_${name} INTERFACE ${deps})
  endif()
  if(CAPONIER_TARGET STREQUAL host)
    if(tests)
      caponier_test(${name}_test SOURCES ${tests} DEPS ${name} LIBS ${ARG_TEST_DEPS})
    endif()
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(fuzz_name ${fuzzer} NAME_WE)
      caponier_fuzzer(${fuzz_name} SOURCE ${fuzzer} DEPS ${name})
    endforeach()
  endif()
endfunction()

# caponier_test(NAME SOURCES ... DEPS lib...): a GoogleTest program, run by ctest. LIBS are targets from outside the tree.
function(caponier_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${name} PRIVATE caponier_${dep})
  endforeach()
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} caponier_flags GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# caponier_fuzzer(NAME SOURCE file DEPS lib...): built under the sanitizers only; the test replays tests/fuzz/corpora/NAME/.
function(caponier_fuzzer name)
  cmake_parse_arguments(ARG "" "SOURCE" "DEPS" ${ARGN})
  if(NOT CAPONIER_SANITIZE)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCE})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${name} PRIVATE caponier_${dep})
  endforeach()
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_test(NAME ${name}_replay COMMAND ${name} -runs=0 ${CMAKE_SOURCE_DIR}/tests/fuzz/corpora/${name})
endfunction()
