# One install rule: headers as <neuro/...>, static libraries, nsrun, and the files find_package(neuro) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY NEURO_LAYERS)
get_property(header_dirs GLOBAL PROPERTY NEURO_HEADER_DIRS)

add_library(neuro_all INTERFACE)
set_target_properties(neuro_all PROPERTIES EXPORT_NAME neuro)
target_link_libraries(neuro_all INTERFACE ${layers})
add_library(neuro::neuro ALIAS neuro_all)

install(TARGETS ${layers} neuro_all EXPORT neuroTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${header_dirs} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET nsrun)
  install(TARGETS nsrun RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT neuroTargets NAMESPACE neuro:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/neuro)
configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/tools/cmake/neuroConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/neuroConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/neuro)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/neuroConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/neuroConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/neuroConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/neuro)
