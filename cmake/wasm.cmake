# Targets core and tools: src/wasm on top of the rings, as build/…/rearview.wasm and
# rearview.tools.wasm. No JavaScript of Emscripten's: web/widget/core.js instantiates the files itself
# and hands them no imports at all. What a report needs only now and then is in tools, so that the
# first load stays small.
function(rv_module target name source)
  add_executable(${target} ${CMAKE_SOURCE_DIR}/src/wasm/${source} ${CMAKE_SOURCE_DIR}/src/wasm/heap.c)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src/wasm)
  target_link_libraries(${target} PRIVATE rv_capture rv_flags)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} SUFFIX .wasm)
  target_link_options(${target} PRIVATE -Oz -sSTANDALONE_WASM --no-entry
    -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=2MB -sMAXIMUM_MEMORY=512MB
    -sTOTAL_STACK=256KB -sMALLOC=emmalloc -sFILESYSTEM=0 -sSUPPORT_ERRNO=0 -sASSERTIONS=0
    -sBINARYEN_EXTRA_PASSES=--converge,--always-inline-max-function-size=10
    --emit-symbol-map) # <name>.wasm.symbols: what tests/wasm/link.test.mjs looks at
endfunction()
rv_module(core rearview exports.c)
# Less code copied: no block is doubled to save a jump, no load moved to where it may be needed.
target_link_options(core PRIVATE -Wl,-mllvm,-jump-threading-threshold=0 -Wl,-mllvm,-enable-load-pre=0 -Wl,-mllvm,-disable-licm-promotion)
rv_module(tools rearview.tools tools.c)

# Target scripts: both modules once more as JavaScript, rearview.wasm.js and rearview.tools.wasm.js, for
# browsers and policies that run no Wasm.
find_program(RV_NODE node REQUIRED)
function(rv_script target name)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${name}.wasm.js
    COMMAND ${RV_NODE} ${CMAKE_SOURCE_DIR}/scripts/wasm2js.mjs $<TARGET_FILE:${target}> ${CMAKE_BINARY_DIR}/${name}.wasm.js
    DEPENDS ${target} $<TARGET_FILE:${target}> ${CMAKE_SOURCE_DIR}/scripts/wasm2js.mjs VERBATIM)
endfunction()
rv_script(core rearview)
rv_script(tools rearview.tools)
add_custom_target(scripts ALL DEPENDS ${CMAKE_BINARY_DIR}/rearview.wasm.js ${CMAKE_BINARY_DIR}/rearview.tools.wasm.js)

# The core leaves compressing to the browser, and has a crc32 of its own.
target_sources(core PRIVATE ${CMAKE_SOURCE_DIR}/src/wasm/deflate_stored.c)

# Segments are read by the small reader.
target_compile_definitions(rv_wire PRIVATE RV_INFLATE=rv_inflate_small)

# Compiled for speed: what runs once per byte or per pixel of a screenshot, measured to be felt.
set_source_files_properties(${SOURCES_DIR}/zlib/deflate.c ${SOURCES_DIR}/zlib/adler32.c
  TARGET_DIRECTORY rv_zlib PROPERTIES COMPILE_OPTIONS "${RV_WASM_FAST}")
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/capture/png.c ${CMAKE_SOURCE_DIR}/src/capture/png_palette.c
  TARGET_DIRECTORY rv_capture PROPERTIES COMPILE_OPTIONS "${RV_WASM_FAST}")
