# Tests of the NetBSD port; included by backends/CMakeLists.txt.
psb_test(netbsd/test_netbsd)
add_test(NAME golden_counts_netbsd
         COMMAND ${PSB_PYTHON} ${PROJECT_SOURCE_DIR}/reports/test_golden_counts.py $<TARGET_FILE:psbench> netbsd)
