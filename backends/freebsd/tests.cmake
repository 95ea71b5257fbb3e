# Tests of the FreeBSD port; included by backends/CMakeLists.txt.
psb_test(freebsd/test_freebsd)
psb_test(freebsd/test_freebsd_sim)
