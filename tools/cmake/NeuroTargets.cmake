# What every target of the project has in common, and the one way to declare a library layer.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(NEURO_CCACHE ccache)
if(NEURO_CCACHE)  # it takes objects made with a precompiled header only when told that this is meant
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${NEURO_CCACHE})
endif()

# Compile options of our own code. GCC contracts a*b+c into a fused multiply-add by itself where the instruction set
# has one; fused and unfused code, bodies and tails would then differ in the last bit.
add_library(neuro_options INTERFACE)
target_compile_options(neuro_options INTERFACE
  -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Werror -ffp-contract=off -fno-math-errno
  # GCC 12 warns of its own std::string where a header is precompiled: https://gcc.gnu.org/PR105651.
  -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
  $<$<CONFIG:Debug>:-O1>)
target_compile_definitions(neuro_options INTERFACE $<$<CONFIG:Debug>:NEURO_DEBUG=1>)
if(NEURO_SANITIZE)
  target_compile_options(neuro_options INTERFACE -fsanitize=${NEURO_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(neuro_options INTERFACE -fsanitize=${NEURO_SANITIZE})
  if(NEURO_SANITIZE MATCHES "undefined")
    target_compile_options(neuro_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(NEURO_FUZZ)
  # Coverage for libFuzzer. Warnings are judged by GCC, for which the code is written.
  target_compile_options(neuro_options INTERFACE -fsanitize=fuzzer-no-link -Wno-error -Wno-everything)
endif()

# neuro_layer(NAME FOLDER DEPENDS...): the library of one folder. It links only the layers to its left, so that an
# upward include does not compile. Sources are all of FOLDER/src/**.cpp but for src/arch (see core/CMakeLists.txt).
function(neuro_layer name folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/src/arch/")
  add_library(${name} STATIC ${sources})
  add_library(neuro::${folder} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${folder})
  target_include_directories(${name}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:neuro_options> PUBLIC ${ARGN})
  target_precompile_headers(${name} PRIVATE <algorithm> <functional> <map> <memory> <optional> <span> <sstream> <string>
    <unordered_map> <variant> <vector>)
  set_property(GLOBAL APPEND PROPERTY NEURO_LAYERS ${name})
  set_property(GLOBAL APPEND PROPERTY NEURO_HEADER_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/include/)
endfunction()
