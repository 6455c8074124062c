# Third-party libraries of the Wasm build, compiled from the sources that scripts/fetch-sources puts
# under build/sources. Same target names as native-deps.cmake.
set(SOURCES_DIR ${CMAKE_SOURCE_DIR}/build/sources)
foreach(witness zlib/deflate.c cjson/cJSON.c stb/stb_image_write.h cmocka/src/cmocka.c)
  if(NOT EXISTS ${SOURCES_DIR}/${witness})
    message(FATAL_ERROR "build/sources/${witness} is missing: run scripts/fetch-sources first.")
  endif()
endforeach()

# Size is what counts; the few files whose speed is felt are compiled for speed (see RV_WASM_FAST).
# The ABI passes small structs such as rv_span in registers instead of through memory: 3 % smaller.
# Every browser that can run the widget has the Wasm features named.
set(CMAKE_C_FLAGS_RELEASE "-Oz -DNDEBUG -Xclang -target-abi -Xclang experimental-mv -mbulk-memory -msign-ext -mnontrapping-fptoint -flto -finline-functions -fno-jump-tables")
set(RV_WASM_FAST "-O3")

# zlib: deflate, inflate, crc32. No gz files or gzip wrapping; tables are computed rather than shipped.
set(zlib ${SOURCES_DIR}/zlib)
add_library(rv_zlib STATIC ${zlib}/adler32.c ${zlib}/crc32.c ${zlib}/deflate.c ${zlib}/inflate.c
  ${zlib}/inffast.c ${zlib}/inftrees.c ${zlib}/trees.c ${zlib}/zutil.c)
target_include_directories(rv_zlib PUBLIC ${zlib})
target_compile_definitions(rv_zlib PRIVATE NO_GZIP DYNAMIC_CRC_TABLE Z_TESTW=0 BUILDFIXED)
target_compile_options(rv_zlib PRIVATE -w)

add_library(rv_stb INTERFACE)
target_include_directories(rv_stb INTERFACE ${SOURCES_DIR}/stb)

# cJSON and cmocka, for running the unit tests of the rings as Wasm under Node.
add_library(rv_cjson STATIC EXCLUDE_FROM_ALL ${SOURCES_DIR}/cjson/cJSON.c)
target_include_directories(rv_cjson PUBLIC ${SOURCES_DIR}/cjson)
target_compile_definitions(rv_cjson PUBLIC CJSON_HIDE_SYMBOLS)
target_compile_options(rv_cjson PRIVATE -w)
add_library(rv_cmocka STATIC EXCLUDE_FROM_ALL ${SOURCES_DIR}/cmocka/src/cmocka.c)
target_include_directories(rv_cmocka SYSTEM PUBLIC ${SOURCES_DIR}/cmocka/include)
target_compile_definitions(rv_cmocka PRIVATE HAVE_STDINT_H HAVE_STDLIB_H HAVE_STRING_H HAVE_TIME_H
  HAVE_STDIO_H HAVE_SETJMP_H HAVE_SIGNAL_H HAVE_INTTYPES_H HAVE_SIZE_T)
target_compile_definitions(rv_cmocka PUBLIC _UINTPTR_T) # else cmocka.h makes a uintptr_t of its own
target_compile_options(rv_cmocka PRIVATE -w)
