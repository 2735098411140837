/** `CMakeLists.txt`: a static library, usable by `add_subdirectory` or alone. */
export function emitCMake(name: string, sources: readonly string[]): string {
  return `cmake_minimum_required(VERSION 3.13)
project(${name} C)

add_library(${name} STATIC
${sources.map((source) => `    ${source}`).join('\n')}
)
target_include_directories(${name} PUBLIC include)
set_target_properties(${name} PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
`
}
