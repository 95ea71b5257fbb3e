# The simulated kernel's text: UTF-16, command lines, paths.
target_sources(psb_backends PRIVATE windows/windows_words.c)
