# The image that firmware loads: the segments as they lie in memory, header first (Linux's boot protocol).
add_custom_command(TARGET caponier POST_BUILD
  COMMAND ${CAPONIER_OBJCOPY} -O binary $<TARGET_FILE:caponier> $<TARGET_FILE_DIR:caponier>/caponier.img
  BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/caponier.img VERBATIM)
