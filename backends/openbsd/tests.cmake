# Tests of the OpenBSD port; included by backends/CMakeLists.txt.
psb_test(openbsd/test_openbsd)
add_test(NAME golden_counts_openbsd
         COMMAND ${PSB_PYTHON} ${PROJECT_SOURCE_DIR}/reports/test_golden_counts.py $<TARGET_FILE:psbench> openbsd)
