# embed.cmake: writes TO, a C file that holds the scenarios NAMES of folder FROM byte for byte.
set(arrays "")
set(rows "")
foreach(name IN LISTS NAMES)
  file(READ ${FROM}/${name}.json hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const char ${name}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", ${name}, sizeof ${name} - 1},\n")
endforeach()
file(WRITE ${TO} "/* Made from the scenarios in JSON. */
#include \"scenario.h\"

${arrays}
static const psb_builtin BUILTIN[] = {
${rows}};

const psb_builtin *psb_scenario_builtin(size_t index)
{
    return index < sizeof BUILTIN / sizeof *BUILTIN ? &BUILTIN[index] : NULL;
}
")
