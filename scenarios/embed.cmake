# embed.cmake: writes TO, a C file with a function FUNCTION that holds the JSON files NAMES (without .json) byte for byte.
set(arrays "")
set(rows "")
foreach(path IN LISTS NAMES)
  get_filename_component(name ${path} NAME)
  file(READ ${FROM}/${path}.json hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const char ${name}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", ${name}, sizeof ${name} - 1},\n")
endforeach()
file(WRITE ${TO} "/* Made from files in JSON. */
#include \"builtin.h\"

${arrays}
static const psb_builtin BUILTIN[] = {
${rows}};

const psb_builtin *${FUNCTION}(size_t index)
{
    return index < sizeof BUILTIN / sizeof *BUILTIN ? &BUILTIN[index] : NULL;
}
")
