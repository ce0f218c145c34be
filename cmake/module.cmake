# hb_module(NAME [USES target...]): one directory, one static library with every .c file in it.
# The layering test (tests/support/layers.txt) holds the includes to the arrows.
function(hb_module name)
    cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    if(NOT sources)
        message(FATAL_ERROR "hb_${name}: no sources in ${CMAKE_CURRENT_SOURCE_DIR}")
    endif()
    add_library(hb_${name} STATIC ${sources})
    target_include_directories(hb_${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/engine)
    target_link_libraries(hb_${name} PUBLIC hb_flags ${ARG_USES})
endfunction()
