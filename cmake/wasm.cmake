# Target core: src/wasm on top of the rings, as build/…/rearview.wasm. No JavaScript of Emscripten's:
# web/widget/core.js instantiates the file itself and hands it no imports at all.
file(GLOB core_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/wasm/*.c)
list(FILTER core_sources EXCLUDE REGEX "/cjson_number\\.c$") # part of rv_cjson
add_executable(core ${core_sources})
target_include_directories(core PRIVATE ${CMAKE_SOURCE_DIR}/src/wasm)
target_link_libraries(core PRIVATE rv_capture rv_flags)
set_target_properties(core PROPERTIES OUTPUT_NAME rearview SUFFIX .wasm)
target_link_options(core PRIVATE -Oz -sSTANDALONE_WASM --no-entry
  -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=2MB -sMAXIMUM_MEMORY=512MB
  -sTOTAL_STACK=256KB -sMALLOC=emmalloc -sFILESYSTEM=0 -sASSERTIONS=0
  --emit-symbol-map) # rearview.wasm.symbols: what tests/wasm/link.test.mjs looks at

# Compiled for speed: what runs once per byte or per pixel, measured to be felt.
set_source_files_properties(${SOURCES_DIR}/zlib/deflate.c ${SOURCES_DIR}/zlib/adler32.c
  TARGET_DIRECTORY rv_zlib PROPERTIES COMPILE_OPTIONS "${RV_WASM_FAST}")
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/capture/png.c ${CMAKE_SOURCE_DIR}/src/capture/png_palette.c
  TARGET_DIRECTORY rv_capture PROPERTIES COMPILE_OPTIONS "${RV_WASM_FAST}")
