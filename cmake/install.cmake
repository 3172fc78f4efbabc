# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` puts where: program, shared library, headers, pkg-config file, CMake package, models, manual page
# and completion.
include(CMakePackageConfigHelpers)

# Numbers of the library's interface: CURRENT changes with every break.
add_library(mlab_shared SHARED $<TARGET_OBJECTS:mlab_objects>)
set_target_properties(mlab_shared PROPERTIES OUTPUT_NAME mentorlab VERSION ${PROJECT_VERSION} SOVERSION 0 EXPORT_NAME mentorlab)
target_include_directories(mlab_shared INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(mlab_shared PRIVATE ${MLAB_LIBRARIES})
if(NOT MLAB_SANITIZE)
  target_link_options(mlab_shared PRIVATE -Wl,--no-undefined)
endif()

install(TARGETS mlab_shared EXPORT mentorlab LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/mentorlab.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/mentorlab DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/mentorlab OPTIONAL)
install(EXPORT mentorlab NAMESPACE mentorlab:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mentorlab FILE mentorlab-targets.cmake)

configure_package_config_file(cmake/mentorlab-config.cmake.in mentorlab-config.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mentorlab)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/mentorlab-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/mentorlab-config.cmake ${CMAKE_BINARY_DIR}/mentorlab-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mentorlab)
file(RELATIVE_PATH MLAB_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /) # the tree may be moved
configure_file(cmake/mentorlab.pc.in mentorlab.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/mentorlab.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET mentorlab)
  install(TARGETS mentorlab RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The program writes its own manual page and completion, from the options tables.
  set(page ${CMAKE_BINARY_DIR}/mentorlab.1)
  set(completion ${CMAKE_BINARY_DIR}/mentorlab.bash)
  add_custom_command(OUTPUT ${page} ${completion} DEPENDS mentorlab
    COMMAND mentorlab help --man > ${page} COMMAND mentorlab help --completion > ${completion} COMMENT "Writing the manual page and the completion")
  add_custom_target(mlab_pages ALL DEPENDS ${page} ${completion})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME mentorlab)
endif()
