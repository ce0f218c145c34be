# The system libraries, as imported targets. A missing one names its Debian package.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
foreach(entry
        "libevent_core:libevent-dev" "libevent_pthreads:libevent-dev" "libpq:libpq-dev"
        "hiredis:libhiredis-dev" "libcurl:libcurl4-openssl-dev" "zlib:zlib1g-dev" "libcrypto:libssl-dev"
        "libssl:libssl-dev" "jansson:libjansson-dev" "cmocka:libcmocka-dev")
    string(REPLACE ":" ";" parts ${entry})
    list(GET parts 0 module)
    list(GET parts 1 package)
    string(TOUPPER ${module} prefix)
    pkg_check_modules(${prefix} IMPORTED_TARGET ${module})
    if(NOT ${prefix}_FOUND)
        message(FATAL_ERROR "${module} is missing: apt-get install ${package}")
    endif()
endforeach()
